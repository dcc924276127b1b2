// Large bytes of one answer on their way to the page, which fetches them in parts, several at a
// time: during one request alone the engine is idle for a third of it. Pieces come from the broker
// in order, and a few of them wait here. Runs in the renderer, on the main thread.
#pragma once

#include <kj/array.h>

#include <QString>
#include <cstddef>
#include <memory>
#include <vector>

#include "renderer/link/download-reads.h"
#include "renderer/link/types.h"

namespace sallyport::renderer {

class PageDownload final : public std::enable_shared_from_this<PageDownload> {
 public:
  // Of each part but the last. bridge.js is told.
  static constexpr std::size_t PART_BYTES = std::size_t{2} * 1024 * 1024;

  // Where the pieces come from, and who learns why there are no more of them.
  class Source {
   public:
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    virtual ~Source() = default;
    virtual void read(std::uint64_t number, DownloadReads::Came came) = 0;
    virtual void discard(std::uint64_t number) = 0;
    virtual void failed(const QString& path, const Failure& failure) = 0;
  };

  // Some bytes of a piece, and the piece.
  struct Slice {
    std::shared_ptr<kj::Array<kj::byte>> piece;
    kj::ArrayPtr<const kj::byte> bytes;
  };

  // Whoever hands a part on to the page. Nothing comes after ended() or failed().
  class Part {
   public:
    Part() = default;
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    virtual ~Part() = default;
    virtual bool hasRoom() const = 0;  // for a piece more; says resume() when it has it again
    virtual void came(Slice&& slice) = 0;
    virtual void ended() = 0;
    virtual void failed() = 0;
  };

  // path: where the page learns why it failed. source must outlive this.
  PageDownload(Source& source, const OpenDownload& download, QString path);

  bool isOver() const { return m_isOver; }
  bool areAllTaken() const { return m_takenCount == m_parts.size(); }

  // False: there is no such part, or it was taken before. The part stays until it says leave().
  bool take(std::size_t index, Part& part);
  void resume() { fill(); }
  // A part that leaves before it has all its bytes ends the others too.
  void leave(const Part& part, bool isWhole);
  // Nobody fetches it any more.
  void cancel();

 private:
  struct Place {
    Part* part = nullptr;  // null: not there yet, or gone
    bool isTaken = false;
  };

  std::size_t current() const;  // the part that the next byte belongs to
  void fill();
  void came(DownloadReads::Piece&& piece);
  void handOn();
  void fail();

  Source& m_source;
  const OpenDownload m_download;
  const QString m_path;
  std::vector<Place> m_parts;
  std::size_t m_takenCount = 0;
  std::size_t m_handedOn = 0;  // bytes
  Slice m_rest{};              // that came for a part that is not taken yet
  bool m_reading = false;
  bool m_isOver = false;
};

}  // namespace sallyport::renderer
