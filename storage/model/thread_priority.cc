#include "storage/model/thread_priority.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace varve::storage {
namespace {

// A step is a factor of 1.25 in weight.
constexpr int kPatientNice = 5;
// A thread that asks for short turns takes the place of one with longer turns when it wakes up. The
// shortest one the kernel takes is a tenth of this.
constexpr uint64_t kPromptTurnNs = 1'000'000;

// struct sched_attr of linux/sched/types.h, which cannot be included beside sched.h everywhere.
struct SchedulingAttributes {
  uint32_t size = sizeof(SchedulingAttributes);
  uint32_t policy = SCHED_OTHER;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime_ns = 0;
  uint64_t deadline_ns = 0;
  uint64_t period_ns = 0;
};

}  // namespace

void SetThreadPriority(ThreadPriority priority) {
  switch (priority) {
    case ThreadPriority::kPrompt: {
      SchedulingAttributes attributes;
      attributes.nice = getpriority(PRIO_PROCESS, 0);
      attributes.runtime_ns = kPromptTurnNs;
      syscall(SYS_sched_setattr, 0, &attributes, 0);
      return;
    }
    case ThreadPriority::kNormal:
      return;
    case ThreadPriority::kPatient:
      setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + kPatientNice);
      return;
  }
}

}  // namespace varve::storage
