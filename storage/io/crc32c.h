// Crc32c: the checksum of everything on disk (CRC-32C, Castagnoli polynomial, as in iSCSI and
//           ext4).
//
// Threads:  pure functions.
// Source:   RFC 3720, appendix B.4 has the test vectors.
#ifndef STORAGE_IO_CRC32C_H_
#define STORAGE_IO_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace varve::storage {

// The CRC of `data`, continuing from `seed`, the CRC of the bytes before it:
// Crc32c(a + b) == Crc32c(b, Crc32c(a)).
uint32_t Crc32c(std::string_view data, uint32_t seed = 0);

// The same by table, for processors without the instruction and for tests.
uint32_t Crc32cPortable(std::string_view data, uint32_t seed = 0);

}  // namespace varve::storage

#endif  // STORAGE_IO_CRC32C_H_
