// Results of metric queries as tables.
//
// Threads:  free functions without state.
#ifndef TOOLS_RESULT_TABLE_H_
#define TOOLS_RESULT_TABLE_H_

#include <string>
#include <vector>

#include "tools/command_context.h"
#include "tools/query_answer.h"
#include "tools/text_table.h"

namespace varve::tools {

// With more labels than this a table gets one column for all of them; CSV never does.
inline constexpr size_t kLabelColumnsMax = 8;

// Prints a result that is not streams, and its notices. kJson is what the server sent.
void PrintResult(const QueryAnswer& answer, OutputFormat format, const CommandContext& context);

// One row per label set, one column per label name.
TextTable LabelTable(const std::vector<AnswerLabels>& label_sets);

// Warnings and infos, to the error stream.
void PrintNotices(const std::vector<std::string>& notices, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_RESULT_TABLE_H_
