#include "broker/files/file-error.h"

#include <cerrno>

namespace sallyport::files {

using commands::Code;
using commands::Error;

Error fileError(int number) {
  switch (number) {
    case ENOENT:
      return {Code::NOT_FOUND, "There is no such file or folder."};
    case EEXIST:
      return {Code::CONFLICT, "There is a file or folder of this name."};
    case ENOTEMPTY:
      return {Code::CONFLICT, "The folder is not empty."};
    case ENOTDIR:
      return {Code::CONFLICT, "What should be a folder is none."};
    case EISDIR:
      return {Code::CONFLICT, "It is a folder."};
    case ELOOP:
      return {Code::DENIED, "Symbolic links are not followed."};
    case EACCES:
    case EPERM:
    case EROFS:
    case EXDEV:
      return {Code::DENIED, "The system does not allow it."};
    case ENAMETOOLONG:
    case EINVAL:
    case EILSEQ:
      return {Code::INVALID_ARGUMENT, "path: the file system does not take this name"};
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return {Code::LIMIT, "The disk is nearly full."};
    case EBUSY:
    case ETXTBSY:
      return {Code::CONFLICT, "The file is in use."};
    default:
      return {Code::UNAVAILABLE, "The file system does not answer as it should."};
  }
}

Error outOfReach() { return {Code::DENIED, "The path is not within what this window may reach."}; }

}  // namespace sallyport::files
