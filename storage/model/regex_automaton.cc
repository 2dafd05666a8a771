#include "storage/model/regex_automaton.h"

#include <algorithm>
#include <utility>

#include "absl/container/node_hash_map.h"
#include "storage/model/regex_program.h"

namespace varve::storage {
namespace {

// Above this much work on the table RE2, which makes only the states it meets, is the better one.
constexpr size_t kStepsMax = 1 << 18;

// The nodes that a text may have led to, sorted: those of bytes, and of the end.
using NodeSet = std::vector<uint32_t>;

class TableMaker {
 public:
  explicit TableMaker(const RegexProgram& program)
      : nodes_(program.nodes), seen_(program.nodes.size()) {}

  // Numbers the columns from 1; returns how many there are, with the one in front.
  size_t MakeColumns(std::array<uint8_t, 256>* column_of) {
    std::array<bool, 257> begins{};
    for (const RegexProgram::Node& node : nodes_) {
      if (node.kind != RegexProgram::Kind::kBytes || node.low > node.high) continue;
      begins[node.low] = true;
      begins[node.high + size_t{1}] = true;
    }
    size_t column = 1;
    for (size_t byte = 0; byte < 256; ++byte) {
      if (byte > 0 && begins[byte]) ++column;
      if (column > 255) return 0;
      (*column_of)[byte] = static_cast<uint8_t>(column);
    }
    columns_ = column + 1;
    return columns_;
  }

  // The states, as rows of row numbers; false where they are too many.
  bool Make(uint32_t start, const std::array<uint8_t, 256>& column_of,
            std::vector<uint32_t>* table) {
    RowOf({});  // the dead one
    std::vector<NodeSet> targets(columns_);
    NodeSet first;
    ++stamp_;
    FollowOn(start, &first);
    std::sort(first.begin(), first.end());
    start_row_ = RowOf(std::move(first));
    for (size_t row = 0; row < rows_.size(); ++row) {
      if (rows_.size() > kRegexStatesMax || steps_ > kStepsMax) return false;
      table->resize((row + 1) * columns_);
      for (NodeSet& target : targets) target.clear();
      const NodeSet nodes = *rows_[row];
      for (const uint32_t number : nodes) {
        const RegexProgram::Node& node = nodes_[number];
        if (node.kind == RegexProgram::Kind::kEnd) {
          (*table)[row * columns_] = 1;
        } else if (node.low <= node.high) {
          const size_t last = column_of[node.high];
          for (size_t column = column_of[node.low]; column <= last; ++column) {
            targets[column].push_back(node.next);
          }
        }
      }
      for (size_t column = 1; column < columns_; ++column) {
        NodeSet reached;
        ++stamp_;
        for (const uint32_t node : targets[column]) FollowOn(node, &reached);
        std::sort(reached.begin(), reached.end());
        (*table)[row * columns_ + column] = RowOf(std::move(reached));
      }
    }
    return true;
  }

  uint32_t start_row() const { return start_row_; }

 private:
  // Adds what can be reached without a byte and was not yet.
  void FollowOn(uint32_t first, NodeSet* reached) {
    open_.push_back(first);
    while (!open_.empty()) {
      const uint32_t number = open_.back();
      open_.pop_back();
      ++steps_;
      if (std::exchange(seen_[number], stamp_) == stamp_) continue;
      const RegexProgram::Node& node = nodes_[number];
      if (node.kind == RegexProgram::Kind::kSplit) {
        open_.push_back(node.next);
        open_.push_back(node.other);
      } else {
        reached->push_back(number);
      }
    }
  }

  uint32_t RowOf(NodeSet nodes) {
    const auto [at, is_new] =
        row_numbers_.try_emplace(std::move(nodes), static_cast<uint32_t>(rows_.size()));
    if (is_new) rows_.push_back(&at->first);
    return at->second;
  }

  const std::vector<RegexProgram::Node>& nodes_;
  std::vector<uint32_t> seen_;  // by which search a node was reached last
  uint32_t stamp_ = 0;
  std::vector<uint32_t> open_;
  size_t steps_ = 0;
  size_t columns_ = 0;
  uint32_t start_row_ = 0;
  absl::node_hash_map<NodeSet, uint32_t> row_numbers_;
  std::vector<const NodeSet*> rows_;
};

}  // namespace

std::unique_ptr<const RegexAutomaton> RegexAutomaton::Compile(std::string_view expression) {
  const std::optional<RegexProgram> program = RegexProgram::Compile(expression);
  if (!program.has_value()) return nullptr;
  std::unique_ptr<RegexAutomaton> automaton(new RegexAutomaton());
  TableMaker maker(*program);
  const size_t columns = maker.MakeColumns(&automaton->column_of_);
  if (columns == 0 || !maker.Make(program->start, automaton->column_of_, &automaton->table_)) {
    return nullptr;
  }
  // Row numbers become the places of the rows, so that a step needs no product.
  for (size_t at = 0; at < automaton->table_.size(); ++at) {
    if (at % columns != 0) automaton->table_[at] *= static_cast<State>(columns);
  }
  automaton->start_ = static_cast<State>(maker.start_row() * columns);
  return automaton;
}

}  // namespace varve::storage
