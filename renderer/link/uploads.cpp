// See uploads.h.
#include "renderer/link/uploads.h"

namespace sallyport::renderer {

std::vector<std::uint64_t> Uploads::announce(proto::Call::Builder call, const Sources& sources) {
  std::vector<std::uint64_t> numbers;
  if (sources.empty()) {
    return numbers;
  }
  auto wire = call.initUploads(static_cast<kj::uint>(sources.size()));
  for (kj::uint i = 0; i < wire.size(); ++i) {
    numbers.push_back(++m_last);
    m_open.emplace(m_last, sources[i]);
    wire[i].setNumber(m_last);
    wire[i].setBytes(sources[i]->size());
  }
  return numbers;
}

void Uploads::forget(const std::vector<std::uint64_t>& numbers) {
  for (const std::uint64_t number : numbers) {
    if (const auto found = m_open.find(number); found != m_open.end()) {
      found->second->stop();
      m_open.erase(found);
    }
  }
}

kj::Promise<kj::Array<kj::byte>> Uploads::read(std::uint64_t number) {
  const auto found = m_open.find(number);
  if (found == m_open.end()) {
    return kj::Array<kj::byte>();
  }
  auto source = found->second;  // also when the call settles meanwhile
  auto piece = source->read();
  return piece.attach(kj::mv(source));
}

}  // namespace sallyport::renderer
