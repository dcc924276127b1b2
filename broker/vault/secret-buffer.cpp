#include "broker/vault/secret-buffer.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace sallyport::vault {
namespace {

constexpr std::size_t CANARY_SIZE = 16;

std::size_t pageSize() {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

std::size_t dataPages(std::size_t size) {
  return (size + CANARY_SIZE + pageSize() - 1) / pageSize();
}

int openSecretMemory() { return static_cast<int>(syscall(SYS_memfd_secret, O_CLOEXEC)); }

const std::array<std::uint8_t, CANARY_SIZE>& canary() {
  static const auto value = [] {
    std::array<std::uint8_t, CANARY_SIZE> bytes;
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
  }();
  return value;
}

// [guard page][canary … data][guard page]: the data ends exactly where the guard begins.
std::uint8_t* mapSecretPages(std::size_t size) {
  const std::size_t page = pageSize();
  const std::size_t length = dataPages(size) * page;
  const int fd = openSecretMemory();
  if (fd < 0) abortVault("no secret memory");
  void* outer = mmap(
      nullptr, length + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (outer == MAP_FAILED) abortVault("no address space for secret memory");
  auto* begin = static_cast<std::uint8_t*>(outer) + page;
  if (ftruncate(fd, static_cast<off_t>(length)) != 0 ||
      mmap(begin, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
    abortVault("secret memory is over the limit of locked memory");
  }
  close(fd);
  // Secret pages are locked by nature; a fork must not share them.
  madvise(begin, length, MADV_DONTFORK);
  std::uint8_t* data = begin + length - size;
  std::memcpy(data - CANARY_SIZE, canary().data(), CANARY_SIZE);
  return data;
}

void unmapSecretPages(std::uint8_t* data, std::size_t size) {
  if (sodium_memcmp(data - CANARY_SIZE, canary().data(), CANARY_SIZE) != 0) {
    abortVault("secret memory was overwritten");
  }
  sodium_memzero(data, size);
  const std::size_t page = pageSize();
  const std::size_t length = dataPages(size) * page;
  if (munmap(data + size - length - page, length + 2 * page) != 0) abortVault("munmap");
}

std::uint8_t* allocateLocked(std::size_t size) {
  auto* data = static_cast<std::uint8_t*>(sodium_malloc(size));
  if (data == nullptr) abortVault("no memory for a secret");
  // libsodium 1.0.18 ignores a failed mlock of its own, so the same range is locked again and
  // asked.
  if (mlock(data, size) != 0) abortVault("secret memory cannot be locked (RLIMIT_MEMLOCK)");
  sodium_memzero(data, size);
  return data;
}

}  // namespace

SecretMemory secretMemory() {
  static const SecretMemory kind = [] {
    const int fd = openSecretMemory();
    if (fd < 0) return SecretMemory::MLOCK;
    close(fd);
    return SecretMemory::MEMFD_SECRET;
  }();
  return kind;
}

std::string_view secretMemoryName() {
  return secretMemory() == SecretMemory::MEMFD_SECRET ? "memfd_secret" : "mlock";
}

void abortVault(std::string_view reason) noexcept {
  constexpr std::string_view PREFIX = "sallyport-vault: fatal: ";
  for (std::string_view part : {PREFIX, reason, std::string_view("\n")}) {
    [[maybe_unused]] const auto written = write(STDERR_FILENO, part.data(), part.size());
  }
  std::abort();
}

void initCrypto() {
  if (sodium_init() < 0) abortVault("libsodium did not start");
  (void)secretMemory();
  (void)canary();
}

SecretBuffer::SecretBuffer(std::size_t size, SecretMemory kind) : m_size(size), m_kind(kind) {
  if (size == 0 || size > MAX_SIZE) abortVault("secret of an impossible size");
  m_data = kind == SecretMemory::MEMFD_SECRET ? mapSecretPages(size) : allocateLocked(size);
}

SecretBuffer SecretBuffer::random(std::size_t size) {
  SecretBuffer buffer(size);
  randombytes_buf(buffer.m_data, size);
  return buffer;
}

SecretBuffer SecretBuffer::copyOf(std::span<const std::uint8_t> bytes) {
  SecretBuffer buffer(bytes.size());
  std::memcpy(buffer.m_data, bytes.data(), bytes.size());
  return buffer;
}

SecretBuffer::SecretBuffer(SecretBuffer&& other) noexcept
    : m_data(std::exchange(other.m_data, nullptr)),
      m_size(std::exchange(other.m_size, 0)),
      m_kind(other.m_kind) {}

SecretBuffer& SecretBuffer::operator=(SecretBuffer&& other) noexcept {
  if (this != &other) {
    release();
    m_data = std::exchange(other.m_data, nullptr);
    m_size = std::exchange(other.m_size, 0);
    m_kind = other.m_kind;
  }
  return *this;
}

SecretBuffer::~SecretBuffer() { release(); }

void SecretBuffer::release() noexcept {
  if (m_data == nullptr) return;
  if (m_kind == SecretMemory::MEMFD_SECRET) {
    unmapSecretPages(m_data, m_size);
  } else {
    sodium_free(m_data);  // wipes, checks its own canary, unlocks
  }
  m_data = nullptr;
  m_size = 0;
}

bool sameSecret(std::span<const std::uint8_t> left, std::span<const std::uint8_t> right) {
  return left.size() == right.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

void wipe(std::span<std::uint8_t> bytes) noexcept { sodium_memzero(bytes.data(), bytes.size()); }

}  // namespace sallyport::vault
