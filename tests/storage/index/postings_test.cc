#include "storage/index/postings.h"

#include <random>
#include <set>

#include <doctest/doctest.h>

namespace varve::storage {
namespace {

IdList Decode(std::string_view bytes, uint32_t id_end) {
  const EncodedPostings postings = ReadPostings(bytes).value();
  CHECK(postings.encoded_bytes == bytes.size());
  IdList ids;
  REQUIRE(DecodePostings(postings, id_end, &ids).ok());
  CHECK(ids.size() == postings.count);
  return ids;
}

// Lists of all the shapes the encodings are made for.
IdList RandomIds(std::mt19937_64* random, uint32_t id_end) {
  std::set<uint32_t> ids;
  const uint32_t shape = static_cast<uint32_t>((*random)() % 5);
  const size_t count = (*random)() % 600;
  uint32_t id = static_cast<uint32_t>((*random)() % 50);
  for (size_t i = 0; i < count && id < id_end; ++i) {
    ids.insert(id);
    switch (shape) {
      case 0:
        id += 1;
        break;
      case 1:
        id += 96;
        break;
      case 2:
        id += 1 + static_cast<uint32_t>((*random)() % 4);
        break;
      case 3:
        id += (*random)() % 20 == 0 ? 1000 : 1;
        break;
      default:
        id += 1 + static_cast<uint32_t>((*random)() % 5000);
    }
  }
  return IdList(ids.begin(), ids.end());
}

TEST_SUITE("storage/index/postings") {
  TEST_CASE("lists of every shape come back as they were") {
    const uint64_t seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 500; ++i) {
      const IdList ids = RandomIds(&random, 1 << 20);
      std::string bytes;
      EncodePostings(ids, &bytes);
      CHECK(Decode(bytes, 1 << 20) == ids);
      const EncodedPostings encoded = ReadPostings(bytes).value();
      if (ids.empty()) {
        CHECK(absl::IsDataLoss(FirstId(encoded, 1 << 20).status()));
      } else {
        CHECK(FirstId(encoded, 1 << 20).value() == ids.front());
      }
      const IdList others = RandomIds(&random, 1 << 20);
      IdList both = others;
      REQUIRE(IntersectWithPostings(encoded, 1 << 20, &both).ok());
      IdList expected;
      std::set_intersection(others.begin(), others.end(), ids.begin(), ids.end(),
                            std::back_inserter(expected));
      CHECK(both == expected);
      both = ids;
      REQUIRE(IntersectWithPostings(encoded, 1 << 20, &both).ok());
      CHECK(both == ids);
      if (!ids.empty()) {
        IdList out;
        CHECK(absl::IsDataLoss(DecodePostings(ReadPostings(bytes).value(), ids.back(), &out)));
      }
    }
    const IdList extremes = {0, 5, UINT32_MAX - 1};
    std::string bytes;
    EncodePostings(extremes, &bytes);
    CHECK(Decode(bytes, UINT32_MAX) == extremes);
  }

  TEST_CASE("each kind of list takes the encoding made for it") {
    const auto kind_of = [](const IdList& ids, size_t bytes_max) {
      std::string bytes;
      EncodePostings(ids, &bytes);
      CHECK(bytes.size() <= bytes_max);
      return ReadPostings(bytes).value().kind;
    };
    IdList regular;
    IdList dense;
    IdList run;
    std::mt19937 random(7);
    for (uint32_t i = 0; i < 1000; ++i) {
      regular.push_back(i * 96 + 7);
      if (random() % 8 < 5) dense.push_back(i);
      run.push_back(i + 300);
    }
    CHECK(kind_of({77}, 2) == PostingsKind::kSingle);
    CHECK(kind_of(run, 6) == PostingsKind::kRuns);
    CHECK(kind_of(regular, 24) == PostingsKind::kGaps);
    CHECK(kind_of(dense, 131) == PostingsKind::kBitmap);
  }

  TEST_CASE("bounds hold all ids, and one run is known as such") {
    const auto encoded = [](const IdList& ids, std::string* bytes) {
      EncodePostings(ids, bytes);
      return ReadPostings(*bytes).value();
    };
    const uint64_t seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 300; ++i) {
      const IdList ids = RandomIds(&random, 5000);
      std::string bytes;
      const EncodedPostings list = encoded(ids, &bytes);
      const IdBounds bounds = BoundsOf(list, 5000).value();
      for (const uint32_t id : ids) CHECK(bounds.Has(id));
      if (IsOneRun(list)) CHECK(AllIds(bounds) == ids);
    }
    std::string bytes;
    CHECK(IsOneRun(encoded({7, 8, 9}, &bytes)));
    bytes.clear();
    CHECK(IsOneRun(encoded({7}, &bytes)));
    bytes.clear();
    CHECK_FALSE(IsOneRun(encoded({7, 9}, &bytes)));
    bytes.clear();
    CHECK_FALSE(IsOneRun(encoded({}, &bytes)));
    CHECK(BoundsOf(ReadPostings(bytes).value(), 5000).value().empty());
    bytes.clear();
    CHECK(absl::IsDataLoss(BoundsOf(encoded({7, 8, 9}, &bytes), 9).status()));
  }

  TEST_CASE("a cut or changed list is an error or another list in bounds") {
    const uint64_t seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 300; ++i) {
      std::string bytes;
      EncodePostings(RandomIds(&random, 5000), &bytes);
      if (random() % 2 == 0) bytes.resize(random() % (bytes.size() + 1));
      if (!bytes.empty()) bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
      const auto postings = ReadPostings(bytes);
      IdList ids;
      if (!postings.ok() || !DecodePostings(*postings, 5000, &ids).ok()) continue;
      for (size_t k = 0; k < ids.size(); ++k) {
        CHECK(ids[k] < 5000);
        if (k > 0) CHECK(ids[k - 1] < ids[k]);
      }
    }
  }
}
}  // namespace
}  // namespace varve::storage
