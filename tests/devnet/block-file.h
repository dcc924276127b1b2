// Blocks one after the other in a file, each behind its length; the last ones can be taken away
// again. Part of `devnet`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "broker/bitcoin/bytes.h"

namespace sallyport::devnet {

class BlockFile {
 public:
  // Opens or creates it. A record that was cut off (the process was killed while writing) is
  // dropped.
  explicit BlockFile(const std::filesystem::path& path);
  ~BlockFile();
  BlockFile(const BlockFile&) = delete;
  BlockFile& operator=(const BlockFile&) = delete;

  std::vector<bitcoin::Bytes> read() const;
  void append(bitcoin::ByteView block);
  void removeLast();
  void truncate(std::size_t blocks);

 private:
  int m_fd = -1;
  std::vector<std::uint64_t> m_ends;  // of each record
};

}  // namespace sallyport::devnet
