#include "storage/io/simulated_disk.h"

#include <algorithm>

#include "storage/io/file_names.h"

namespace varve::storage {

std::string& SimulatedInode::MutableData() {
  if (data_is_shared) data = std::make_shared<std::string>(*data);
  data_is_shared = false;
  return *data;
}

std::shared_ptr<const std::string> SimulatedInode::ShareData() {
  data_is_shared = true;
  return data;
}

void SimulatedInode::Truncate(uint64_t size) {
  if (size < durable_prefix) {
    // What was synced beyond `size` is durable still, until the truncation itself is synced.
    durable_tail = data->substr(size, durable_prefix - size) + durable_tail;
    durable_prefix = size;
  }
  MutableData().resize(size, '\0');
}

void SimulatedInode::Sync() {
  durable_prefix = data->size();
  durable_tail.clear();
}

void SimulatedInode::FailSync() {
  if (durable_prefix < data->size()) lost.emplace_back(durable_prefix, data->size());
  sync_failed = true;
}

std::string SimulatedInode::AfterCrash(CrashMode mode, std::mt19937_64* random) const {
  if (mode == CrashMode::kKeepAll) return *data;
  std::string durable = data->substr(0, durable_prefix) + durable_tail;
  const auto coin = [&] { return ((*random)() & 1) != 0; };
  if (mode == CrashMode::kRandom && durable != *data) {
    const uint64_t low = std::min(durable.size(), data->size());
    const uint64_t high = std::max(durable.size(), data->size());
    // Both ends are likely, as they are the states with the most structure.
    const uint64_t choice = (*random)() % 4;
    const uint64_t size = choice == 0   ? low
                          : choice == 1 ? high
                                        : low + (*random)() % (high - low + 1);
    std::string mixed(size, '\0');
    for (uint64_t begin = 0; begin < size; begin += kSimulatedSectorBytes) {
      const uint64_t end = std::min(size, begin + kSimulatedSectorBytes);
      const bool dirty = end > durable_prefix;
      const std::string& source = dirty && coin() ? *data : durable;
      if (begin < source.size()) {
        source.copy(mixed.data() + begin, std::min<uint64_t>(end, source.size()) - begin, begin);
      }
      // The durable bytes in a sector that is only partly new are there in any case.
      if (begin < durable_prefix) {
        durable.copy(mixed.data() + begin, std::min(end, durable_prefix) - begin, begin);
      }
    }
    durable = std::move(mixed);
  }
  for (const auto& [begin, end] : lost) {
    if (mode == CrashMode::kRandom && coin()) continue;
    for (uint64_t i = begin; i < std::min<uint64_t>(end, durable.size()); ++i) durable[i] = '\0';
  }
  return durable;
}

SimulatedDisk::InodePtr SimulatedDisk::Find(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : found->second;
}

uint64_t SimulatedDisk::used_bytes() const {
  uint64_t bytes = 0;
  std::set<const SimulatedInode*> counted;  // a file may have several names
  for (const auto& [path, inode] : names_) {
    if (counted.insert(inode.get()).second) bytes += inode->data->size();
  }
  return bytes;
}

void SimulatedDisk::Apply(const NameChange& change, std::map<std::string, InodePtr>* names) {
  if (!change.from.empty()) names->erase(change.from);
  if (change.inode == nullptr) {
    names->erase(change.path);
  } else {
    (*names)[change.path] = change.inode;
  }
}

SimulatedDisk::InodePtr SimulatedDisk::Create(const std::string& path) {
  auto inode = std::make_shared<SimulatedInode>();
  pending_.push_back({"", path, inode});
  Apply(pending_.back(), &names_);
  return inode;
}

void SimulatedDisk::Rename(const std::string& from, const std::string& to) {
  pending_.push_back({from, to, Find(from)});
  Apply(pending_.back(), &names_);
}

void SimulatedDisk::Remove(const std::string& path) {
  pending_.push_back({"", path, nullptr});
  Apply(pending_.back(), &names_);
}

void SimulatedDisk::Link(const std::string& from, const std::string& to) {
  pending_.push_back({"", to, Find(from)});
  Apply(pending_.back(), &names_);
}

void SimulatedDisk::RenameDirectory(const std::string& from, const std::string& to) {
  const std::string inside = from + "/";
  const auto renamed = [&](const std::string& path) {
    const bool moves = path == from || path.compare(0, inside.size(), inside) == 0;
    return moves ? to + path.substr(from.size()) : path;
  };
  std::set<std::string> directories;
  for (const std::string& path : directories_) directories.insert(renamed(path));
  directories_ = std::move(directories);
  for (auto* names : {&names_, &durable_names_}) {
    std::map<std::string, InodePtr> moved;
    for (const auto& [path, inode] : *names) moved.emplace(renamed(path), inode);
    *names = std::move(moved);
  }
  for (NameChange& change : pending_) {
    change.path = renamed(change.path);
    if (!change.from.empty()) change.from = renamed(change.from);
  }
}

bool SimulatedDisk::RemoveDirectory(const std::string& path) {
  const auto inside = [&](const std::string& other) { return DirectoryOf(other) == path; };
  for (const auto& [name, inode] : names_) {
    if (inside(name)) return false;
  }
  for (const std::string& directory : directories_) {
    if (directory != path && inside(directory)) return false;
  }
  // A directory that is gone has no names, whatever was synced.
  SyncDirectory(path);
  directories_.erase(path);
  return true;
}

void SimulatedDisk::SyncDirectory(const std::string& directory) {
  // From the last change to the first, so that what a durable change builds upon (an earlier change
  // of one of its names, perhaps in another directory) becomes durable with it.
  std::set<std::string> needed;
  std::vector<bool> durable(pending_.size(), false);
  for (size_t i = pending_.size(); i-- > 0;) {
    const NameChange& change = pending_[i];
    durable[i] = DirectoryOf(change.path) == directory || needed.contains(change.path) ||
                 (!change.from.empty() && needed.contains(change.from));
    if (!durable[i]) continue;
    needed.insert(change.path);
    if (!change.from.empty()) needed.insert(change.from);
  }
  std::vector<NameChange> later;
  for (size_t i = 0; i < pending_.size(); ++i) {
    if (durable[i]) {
      Apply(pending_[i], &durable_names_);
    } else {
      later.push_back(std::move(pending_[i]));
    }
  }
  pending_ = std::move(later);
}

void SimulatedDisk::SetDurable(const std::string& path, std::string content) {
  auto inode = std::make_shared<SimulatedInode>();
  inode->MutableData() = std::move(content);
  inode->Sync();
  names_[path] = inode;
  durable_names_[path] = inode;
}

SimulatedDisk SimulatedDisk::AfterCrash(uint64_t seed, CrashMode mode) const {
  std::mt19937_64 random(seed);
  std::map<std::string, InodePtr> names = durable_names_;
  if (mode == CrashMode::kKeepAll || mode == CrashMode::kKeepNamesDropData) {
    names = names_;
  } else if (mode == CrashMode::kRandom) {
    // A journal writes changes in order, so a prefix is the common case; but also any subset.
    const bool in_order = (random() & 1) != 0;
    const size_t prefix = pending_.empty() ? 0 : random() % (pending_.size() + 1);
    std::set<std::string> dropped;
    for (size_t i = 0; i < pending_.size(); ++i) {
      const NameChange& change = pending_[i];
      const bool wanted = in_order ? i < prefix : (random() & 1) != 0;
      if (wanted && !dropped.contains(change.path) && !dropped.contains(change.from)) {
        Apply(change, &names);
      } else {
        dropped.insert(change.path);
        if (!change.from.empty()) dropped.insert(change.from);
      }
    }
  }
  SimulatedDisk after;
  after.directories_ = directories_;
  for (const auto& [path, inode] : names) {
    after.SetDurable(path, inode->AfterCrash(mode, &random));
  }
  return after;
}

std::string NormalizePath(std::string_view path) {
  std::string normal;
  for (const char c : path) {
    if (c == '/' && !normal.empty() && normal.back() == '/') continue;
    normal.push_back(c);
    if (normal == "./") normal.clear();
  }
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal.empty() ? "." : normal;
}

}  // namespace varve::storage
