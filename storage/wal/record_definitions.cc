#include "storage/wal/record_definitions.h"

#include "storage/encoding/varint.h"
#include "storage/model/text.h"

namespace varve::storage {

void RecordDefinitionsWriter::Add(uint64_t ref, LabelSetView labels) {
  ++count_;
  AppendVarint(ref, &bytes_);
  AppendVarint(labels.packed().size(), &bytes_);
  bytes_.append(labels.packed());
}

void RecordDefinitionsWriter::AppendTo(std::string* payload) const {
  AppendVarint(count_, payload);
  payload->append(bytes_);
}

void RecordDefinitionsWriter::Clear() {
  count_ = 0;
  bytes_.clear();
}

absl::Status ReadRecordDefinitions(ByteReader* reader, std::vector<RefDefinition>* definitions) {
  definitions->clear();
  uint64_t count = 0;
  if (!reader->VarintUpTo(reader->remaining(), &count)) {
    return absl::DataLossError("cannot read record: damaged number of definitions");
  }
  for (uint64_t i = 0; i < count; ++i) {
    RefDefinition definition;
    std::string_view packed;
    if (!reader->Varint(&definition.ref) || !reader->SizedBytes(&packed) ||
        !LabelSetView::IsValidPacked(packed)) {
      return absl::DataLossError(StrCat("cannot read record: damaged definition ", i));
    }
    definition.labels = LabelSetView(packed);
    definitions->push_back(definition);
  }
  return absl::OkStatus();
}

}  // namespace varve::storage
