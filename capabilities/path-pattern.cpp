#include "capabilities/path-pattern.h"

#include <algorithm>

namespace sallyport::capabilities {
namespace {

constexpr std::string_view ANY_SEGMENTS = "**";

bool isControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
}

std::string segmentProblem(std::string_view segment) {
  if (segment.empty()) {
    return "a path pattern has no empty segment and no slash at its end";
  }
  if (segment == "." || segment == "..") {
    return "a path pattern has no `.` and no `..`";
  }
  if (segment != ANY_SEGMENTS && segment.find(ANY_SEGMENTS) != std::string_view::npos) {
    return "`**` stands alone between slashes";
  }
  if (segment.find_first_of("?[]{}\\") != std::string_view::npos) {
    return "`?`, `[`, `]`, `{`, `}` and `\\` are not offered in a path pattern";
  }
  if (segment.find('$') != std::string_view::npos) {
    return "a variable stands only at the start of a path pattern";
  }
  if (std::any_of(segment.begin(), segment.end(), isControl)) {
    return "a path pattern has no control characters";
  }
  return {};
}

}  // namespace

const std::vector<std::string_view>& pathVariableNames() {
  static const std::vector<std::string_view> NAMES{"$APPCACHE",
                                                   "$APPCONFIG",
                                                   "$APPDATA",
                                                   "$APPLOG",
                                                   "$AUDIO",
                                                   "$CACHE",
                                                   "$CONFIG",
                                                   "$DATA",
                                                   "$DESKTOP",
                                                   "$DOCUMENT",
                                                   "$DOWNLOAD",
                                                   "$HOME",
                                                   "$PICTURE",
                                                   "$PUBLIC",
                                                   "$RESOURCE",
                                                   "$RUNTIME",
                                                   "$TEMP",
                                                   "$TEMPLATE",
                                                   "$VIDEO"};
  return NAMES;
}

bool parsePathPattern(std::string_view text, PathPattern& pattern, std::string& problem) {
  pattern = {};
  problem.clear();
  if (text.empty() || text.size() > MAX_PATH_BYTES) {
    problem = "a path pattern has 1 to 4096 bytes";
    return false;
  }
  if (text.front() == '$') {
    const std::size_t end = std::min(text.find('/'), text.size());
    pattern.variable = text.substr(0, end);
    const auto& names = pathVariableNames();
    if (std::find(names.begin(), names.end(), pattern.variable) == names.end()) {
      problem = "there is no variable `" + pattern.variable + "`";
      return false;
    }
    if (end == text.size()) {
      return true;  // the folder itself
    }
    text.remove_prefix(end + 1);
  } else if (text.front() == '/') {
    text.remove_prefix(1);
  } else if (!text.starts_with("**/")) {
    problem = "a path pattern begins with `/`, `**/` or a variable such as `$APPDATA`";
    return false;
  }
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    const std::string_view segment = text.substr(start, end - start);
    problem = segmentProblem(segment);
    if (!problem.empty()) {
      return false;
    }
    pattern.segments.emplace_back(segment);
    start = end + 1;
  }
  return true;
}

bool isPlaceless(const PathPattern& pattern) {
  return pattern.variable.empty() &&
         (pattern.segments.empty() || pattern.segments.front().find('*') != std::string::npos);
}

bool matchSegment(std::string_view pattern, std::string_view name, HiddenNames hidden) {
  if (hidden == HiddenNames::WRITTEN && name.starts_with('.') && !pattern.starts_with('.')) {
    return false;
  }
  // Going back to the last `*` is enough: it can cover whatever an earlier one could in addition.
  constexpr std::size_t NONE = std::string_view::npos;
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = NONE;
  std::size_t starEnd = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      starEnd = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != NONE) {
      p = star + 1;
      n = ++starEnd;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

bool matchSegments(const std::vector<std::string>& pattern,
                   const std::vector<std::string_view>& names,
                   HiddenNames hidden) {
  // reached[n]: the pattern up to here matches the first n names.
  std::vector<char> reached(names.size() + 1, 0);
  reached[0] = 1;
  for (std::size_t p = 0; p < pattern.size(); ++p) {
    std::vector<char> next(names.size() + 1, 0);
    if (pattern[p] == ANY_SEGMENTS) {
      // At the end it stands for what is beneath a folder, not for the folder.
      const bool needsOne = p + 1 == pattern.size();
      for (std::size_t n = 0; n <= names.size(); ++n) {
        const bool covers =
            n > 0 && (hidden == HiddenNames::COVERED || !names[n - 1].starts_with('.'));
        const bool before = n > 0 && (next[n - 1] != 0 || (needsOne && reached[n - 1] != 0));
        next[n] = (!needsOne && reached[n] != 0) || (covers && before) ? 1 : 0;
      }
    } else {
      for (std::size_t n = 1; n <= names.size(); ++n) {
        next[n] = reached[n - 1] != 0 && matchSegment(pattern[p], names[n - 1], hidden) ? 1 : 0;
      }
    }
    reached = std::move(next);
  }
  return reached[names.size()] != 0;
}

bool splitPath(std::string_view path, std::vector<std::string_view>& segments) {
  segments.clear();
  if (path.size() > MAX_PATH_BYTES || !path.starts_with('/') ||
      path.find('\0') != std::string_view::npos) {
    return false;
  }
  path.remove_prefix(1);
  if (path.empty()) {
    return true;  // the root
  }
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view segment = path.substr(start, end - start);
    if (segment.empty() || segment == "." || segment == "..") {
      return false;
    }
    segments.push_back(segment);
    start = end + 1;
  }
  return true;
}

PathMatch matchPath(const PathPattern& pattern,
                    std::string_view path,
                    const PathVariables& variables,
                    HiddenNames hidden) {
  std::vector<std::string_view> names;
  if (!splitPath(path, names)) {
    return PathMatch::NO;
  }
  if (!pattern.variable.empty()) {
    const auto value = variables.find(pattern.variable);
    std::vector<std::string_view> root;
    if (value == variables.end() || !splitPath(value->second, root)) {
      return PathMatch::UNKNOWN;
    }
    // Name by name and letter by letter: a `*` in the user's folder is no wildcard.
    if (root.size() > names.size() || !std::equal(root.begin(), root.end(), names.begin())) {
      return PathMatch::NO;
    }
    names.erase(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(root.size()));
  }
  return matchSegments(pattern.segments, names, hidden) ? PathMatch::YES : PathMatch::NO;
}

}  // namespace sallyport::capabilities
