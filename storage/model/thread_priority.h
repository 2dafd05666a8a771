// ThreadPriority: how soon a thread gets a processor that others want, too. It says how processors
// are shared between threads that have work, never which of them may run: on an idle machine there
// is no difference.
//
// A thread of lower priority that holds a lock holds up those of higher ones. So the share stays
// large enough that no thread stands still with a lock in its hands.
//
// Threads:  of the calling thread only.
// Errors:   none: where the system refuses, the thread stays as it is.
// Source:   Linux, setpriority(2) and sched_setattr(2), which set both for one thread.
#ifndef STORAGE_MODEL_THREAD_PRIORITY_H_
#define STORAGE_MODEL_THREAD_PRIORITY_H_

namespace varve::storage {

enum class ThreadPriority {
  // Short work that a sender waits for: it begins as soon as it is there (Linux 6.12 and later).
  kPrompt,
  kNormal,
  // Long work: a third of the weight of the others.
  kPatient,
};

void SetThreadPriority(ThreadPriority priority);

}  // namespace varve::storage

#endif  // STORAGE_MODEL_THREAD_PRIORITY_H_
