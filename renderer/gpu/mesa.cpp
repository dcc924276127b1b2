// See mesa.h. memfd_create() is part of the program itself, so that the loader takes it before the
// C library's.
#include "renderer/gpu/mesa.h"

#include <fcntl.h>

#include <QDir>
#include <QFile>
#include <stdexcept>

extern "C" {

// The kernel refuses the real one in the cage, and Mesa makes its window's buffers with no other.
__attribute__((visibility("default"))) int memfd_create(const char* /*name*/,
                                                        unsigned /*flags*/) noexcept {
  return ::open("/dev/shm", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
}

}  // extern "C"

namespace sallyport::renderer {

// libEGL looks for them in /usr/share.
void describeMesa() {
  QFile file(QDir::temp().filePath("mesa.json"));
  const QByteArray text =
      R"({"file_format_version": "1.0.0", "ICD": {"library_path": "libEGL_mesa.so.0"}})";
  if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) {
    throw std::runtime_error(file.errorString().toStdString());
  }
  qputenv("__EGL_VENDOR_LIBRARY_FILENAMES", QFile::encodeName(file.fileName()));
}

}  // namespace sallyport::renderer
