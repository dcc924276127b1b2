#include "broker/display/shm-picture.h"

#include <wayland-server-core.h>
#include <wayland-server-protocol.h>

#include <cstring>

#include "broker/display/frame-limits.h"

namespace sallyport::display {
namespace {

constexpr int BYTES_PER_PIXEL = 4;

bool fits(int width, int height, int stride) {
  if (width <= 0 || height <= 0) return false;
  if (width > MAX_BUFFER_SIDE || height > MAX_BUFFER_SIDE) return false;
  if (static_cast<long>(width) * height > MAX_BUFFER_PIXELS) return false;
  // libwayland accepts a stride that is shorter than a row; reading such a row would leave the
  // pool.
  return stride >= width * BYTES_PER_PIXEL;
}

}  // namespace

CopyOutcome copyPicture(::wl_resource* buffer, QImage& picture) {
  if (buffer == nullptr) return CopyOutcome::NOT_READABLE;
  auto* shm = wl_shm_buffer_get(buffer);
  if (shm == nullptr) return CopyOutcome::HOSTILE;  // nothing but wl_shm is offered

  const auto format = wl_shm_buffer_get_format(shm);
  if (format != WL_SHM_FORMAT_ARGB8888 && format != WL_SHM_FORMAT_XRGB8888) {
    return CopyOutcome::HOSTILE;
  }
  const int width = wl_shm_buffer_get_width(shm);
  const int height = wl_shm_buffer_get_height(shm);
  const int stride = wl_shm_buffer_get_stride(shm);
  if (!fits(width, height, stride)) return CopyOutcome::HOSTILE;

  const auto wanted =
      format == WL_SHM_FORMAT_XRGB8888 ? QImage::Format_RGB32 : QImage::Format_ARGB32_Premultiplied;
  if (picture.size() != QSize(width, height) || picture.format() != wanted) {
    picture = QImage(width, height, wanted);
    if (picture.isNull()) return CopyOutcome::NOT_READABLE;
  }
  // Between begin and end libwayland turns a SIGBUS (the file was truncated) into zeros and ends
  // the client.
  wl_shm_buffer_begin_access(shm);
  const auto* from = static_cast<const unsigned char*>(wl_shm_buffer_get_data(shm));
  for (int y = 0; y < height; ++y) {
    std::memcpy(picture.scanLine(y),
                from + static_cast<std::ptrdiff_t>(y) * stride,
                static_cast<std::size_t>(width) * BYTES_PER_PIXEL);
  }
  wl_shm_buffer_end_access(shm);
  return CopyOutcome::COPIED;
}

}  // namespace sallyport::display
