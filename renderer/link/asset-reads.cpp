// See asset-reads.h.
#include "renderer/link/asset-reads.h"

#include <utility>

namespace sallyport::renderer {

AssetReads::AssetReads(proto::Session::Client session)
    : m_session(kj::mv(session)), m_tasks(*this) {}

void AssetReads::read(std::string_view path, Came came) {
  auto read = kj::heap<Read>();
  read->path = path;
  read->came = std::move(came);
  m_waiting.push_back(kj::mv(read));
  start();
}

void AssetReads::start() {
  while (m_inFlight < IN_FLIGHT && !m_waiting.empty()) {
    auto read = kj::mv(m_waiting.front());
    m_waiting.pop_front();
    ++m_inFlight;
    auto& entry = *read;
    m_tasks.add(kj::evalLater([this, &entry] {
                  return m_lost || entry.path.size() > proto::MAX_ASSET_PATH_BYTES
                             ? kj::Promise<void>(kj::READY_NOW)
                             : readOn(entry);
                })
                    .catch_([&entry](kj::Exception&&) { entry.asset.found = false; })
                    .then([this, &entry] {
                      --m_inFlight;
                      entry.came(std::move(entry.asset));
                      start();
                    })
                    .attach(kj::mv(read)));
  }
}

// One piece after the other until the file is whole.
kj::Promise<void> AssetReads::readOn(Read& read) {
  auto request = m_session.assetRequest();
  request.setPath(capnp::Text::Reader(read.path.c_str(), read.path.size()));
  request.setOffset(read.asset.body.size());
  return request.send().then([this, &read](auto&& response) -> kj::Promise<void> {
    auto wire = response.getAsset();
    auto& asset = read.asset;
    asset.found = wire.isFound() && wire.getFound().getTotalBytes() <= MAX_BYTES;
    if (!asset.found) {
      return kj::READY_NOW;
    }
    auto found = wire.getFound();
    if (asset.body.empty()) {
      asset.mime = found.getMime().cStr();
      asset.body.reserve(found.getTotalBytes());
      for (auto header : found.getHeaders()) {
        asset.headers.emplace_back(header.getName().cStr(), header.getValue().cStr());
      }
    }
    auto body = found.getBody().asChars();
    asset.body.append(body.begin(), body.size());
    if (asset.body.size() >= found.getTotalBytes()) {
      return kj::READY_NOW;
    }
    if (body.size() == 0) {
      asset.found = false;  // an empty piece before the end would repeat for ever
      return kj::READY_NOW;
    }
    return readOn(read);
  });
}

}  // namespace sallyport::renderer
