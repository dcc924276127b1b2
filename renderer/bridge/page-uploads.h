// Large bytes that the page gives with its calls. They stay in the page until the broker reads
// them; then a slice at a time is asked for: small ones come over the channel, large ones as a
// download of the page's own into the cage's memory files. Runs in the renderer.
#pragma once

#include <QByteArray>
#include <QHash>
#include <QObject>
#include <QString>
#include <cstdint>
#include <memory>

#include "broker/qt-loop/loop.h"
#include "renderer/link/types.h"
#include "renderer/link/uploads.h"

namespace sallyport::renderer {

class PageUploads final : public QObject {
  Q_OBJECT

 public:
  // Up to here a slice comes over the channel; measured: a download takes 12 ms whatever its size.
  static constexpr std::uint64_t CHANNEL_BYTES = 1024ULL * 1024;
  static constexpr std::uint64_t FILE_BYTES = 32ULL * 1024 * 1024;
  // Of all calls together, here or on their way: half of the cage's /tmp. Who needs more meanwhile
  // is served over the channel, so nobody waits for another's reader.
  static constexpr long MAX_FILES = 4;

  explicit PageUploads(qt_loop::QtLoop& loop);
  ~PageUploads() override;

  std::shared_ptr<UploadSource> open(CallId call, int index, std::uint64_t bytes);

  // The page's answer over the channel; other bytes than were asked for mean that it has them no
  // more.
  void give(const QString& ticket, const QByteArray& bytes);
  // A slice was asked for under this name.
  bool isAsked(const QString& ticket) const { return m_asked.contains(ticket); }
  // It is in this file, which is opened and unlinked. Where it did not come there is none.
  void arrived(const QString& ticket, const QString& path);

 Q_SIGNALS:
  // The page is to give() the slice, or, where it is larger than CHANNEL_BYTES, to download it
  // under the ticket as its name.
  void wanted(double call, int index, const QString& ticket, double offset, double bytes);

 private:
  class Source;
  struct Slice;
  struct Asked {
    Source* source;
    std::uint64_t bytes;
    std::shared_ptr<void> place;  // of a file
  };

  QString ask(Source& source, std::uint64_t offset, std::uint64_t left, std::uint64_t& bytes);
  void forget(const QString& ticket) { m_asked.remove(ticket); }
  void came(const QString& ticket, std::unique_ptr<Slice> slice);

  qt_loop::QtLoop& m_loop;
  std::shared_ptr<void> m_places;  // each file holds a copy
  QHash<QString, Asked> m_asked;   // by ticket
};

}  // namespace sallyport::renderer
