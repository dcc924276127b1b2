// One write a block. Not fsynced: these coins are worth nothing.
#include "tests/devnet/block-file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "broker/bitcoin/block.h"
#include "broker/bitcoin/serialize.h"

namespace sallyport::devnet {
namespace {

constexpr std::size_t LENGTH_BYTES = 4;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bitcoin::Bytes readAt(int fd, std::uint64_t offset, std::size_t size) {
  bitcoin::Bytes out(size);
  std::size_t done = 0;
  while (done < size) {
    auto n = ::pread(fd, out.data() + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0) fail("devnet: cannot read the state file");
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  out.resize(done);
  return out;
}

}  // namespace

BlockFile::BlockFile(const std::filesystem::path& path) {
  m_fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (m_fd < 0) fail("devnet: cannot open the state file");
  if (::flock(m_fd, LOCK_EX | LOCK_NB) != 0) fail("devnet: the state file is in use");
  std::uint64_t at = 0;
  while (true) {
    auto head = readAt(m_fd, at, LENGTH_BYTES);
    if (head.size() < LENGTH_BYTES) break;
    auto size = *bitcoin::Reader(head).u32();
    if (size > bitcoin::MAX_BLOCK_BYTES || readAt(m_fd, at + LENGTH_BYTES, size).size() < size)
      break;
    at += LENGTH_BYTES + size;
    m_ends.push_back(at);
  }
  truncate(m_ends.size());
}

BlockFile::~BlockFile() { ::close(m_fd); }

std::vector<bitcoin::Bytes> BlockFile::read() const {
  std::vector<bitcoin::Bytes> out;
  std::uint64_t begin = 0;
  for (auto end : m_ends) {
    out.push_back(
        readAt(m_fd, begin + LENGTH_BYTES, static_cast<std::size_t>(end - begin) - LENGTH_BYTES));
    begin = end;
  }
  return out;
}

void BlockFile::append(bitcoin::ByteView block) {
  bitcoin::Bytes record;
  bitcoin::writeU32(record, static_cast<std::uint32_t>(block.size()));
  bitcoin::append(record, block);
  auto begin = m_ends.empty() ? 0 : m_ends.back();
  auto n = ::pwrite(m_fd, record.data(), record.size(), static_cast<off_t>(begin));
  if (n != static_cast<ssize_t>(record.size())) fail("devnet: cannot write the state file");
  m_ends.push_back(begin + record.size());
}

void BlockFile::removeLast() { truncate(m_ends.size() - 1); }

void BlockFile::truncate(std::size_t blocks) {
  m_ends.resize(blocks);
  if (::ftruncate(m_fd, static_cast<off_t>(m_ends.empty() ? 0 : m_ends.back())) != 0)
    fail("devnet: cannot shorten the state file");
}

}  // namespace sallyport::devnet
