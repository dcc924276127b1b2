// Patterns of file paths for scopes: `*` stands for any run of characters of one segment, `**` as a
// whole segment for any number of segments; neither covers a name that begins with a dot unless the
// dot is written. Pure: looks at text, never at a disk; whoever opens the file resolves it beneath
// an opened root (openat2), or a link leads out.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::capabilities {

// Values of $APPDATA and the like, absolute, as the caller resolved them for this user.
using PathVariables = std::map<std::string, std::string, std::less<>>;

// Does a wildcard cover names that begin with a dot? In an allow they must be written; a deny
// covers them, or it would leave out what is most worth hiding.
enum class HiddenNames { WRITTEN, COVERED };

struct PathPattern {
  std::string variable;  // "$APPDATA", or empty
  std::vector<std::string> segments;
};

constexpr std::size_t MAX_PATH_BYTES = 4096;

// "$APPDATA/exports/**", "/usr/share/icons/*.png", "**/.*". problem: why it is refused, when
// nothing is given. `?`, `[`, `{` and `\` are not offered; `.`, `..` and empty segments are not
// read as anything.
bool parsePathPattern(std::string_view text, PathPattern& pattern, std::string& problem);

// Matches every path there is or every path of a hidden kind: no place is written in it.
bool isPlaceless(const PathPattern& pattern);

// The names that a pattern may begin with.
const std::vector<std::string_view>& pathVariableNames();

enum class PathMatch {
  NO,
  YES,
  UNKNOWN  // the pattern's variable has no value: a deny counts it as YES
};

// path: absolute, without `.`, `..`, empty segments and NUL; any other is matched by nothing.
// Time: at most segments of the pattern times segments of the path.
PathMatch matchPath(const PathPattern& pattern,
                    std::string_view path,
                    const PathVariables& variables,
                    HiddenNames hidden);

// One segment, also of a URL's path.
bool matchSegment(std::string_view pattern, std::string_view name, HiddenNames hidden);
// Lists of segments, `**` among the pattern's.
bool matchSegments(const std::vector<std::string>& pattern,
                   const std::vector<std::string_view>& names,
                   HiddenNames hidden);

// "/a/b" -> a, b. False for what is no plain absolute path.
bool splitPath(std::string_view path, std::vector<std::string_view>& segments);

}  // namespace sallyport::capabilities
