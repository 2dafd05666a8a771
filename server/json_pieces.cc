#include "server/json_pieces.h"

#include <algorithm>
#include <string>
#include <utility>

namespace varve::server {

void WriteInPieces(const std::vector<size_t>& ends, query::QueryContext* query, JsonWriter* json,
                   const WriteValues& write) {
  if (ends.empty() || ends.back() == 0) return;
  if (query == nullptr || ends.size() == 1) {
    write(0, ends.back(), json);
    return;
  }
  std::vector<std::string> pieces(ends.size());
  const absl::Status status = query->ParallelFor(ends.size(), [&](size_t i) {
    JsonWriter piece(&pieces[i]);
    write(i == 0 ? 0 : ends[i - 1], ends[i], &piece);
    return absl::OkStatus();
  });
  static_cast<void>(status);  // the tasks cannot fail
  json->Pieces(std::move(pieces));
}

void WriteInPieces(size_t count, size_t per_piece, query::QueryContext* query, JsonWriter* json,
                   const WriteValues& write) {
  // All of about one size: the last thread to finish is what the others wait for.
  const size_t pieces = std::max<size_t>(1, (count + per_piece - 1) / per_piece);
  std::vector<size_t> ends;
  for (size_t piece = 1; piece <= pieces; ++piece) ends.push_back(count * piece / pieces);
  WriteInPieces(ends, query, json, write);
}

}  // namespace varve::server
