#include "broker/daemon/window-places.h"

#include <algorithm>
#include <boost/json.hpp>

#include "broker/daemon/own-file.h"

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

constexpr std::int32_t MAX_POSITION = 32'767;  // what X11 can say
constexpr kj::Duration WRITE_DELAY = 1 * kj::SECONDS;

std::uint16_t side(std::uint16_t value) {
  return std::clamp<std::uint16_t>(value, proto::MIN_SIDE, proto::MAX_SIDE);
}

std::optional<std::int64_t> number(const json::object& row, const char* name, std::int64_t limit) {
  const auto* value = row.if_contains(name);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  if (value->get_int64() < -limit || value->get_int64() > limit) return std::nullopt;
  return value->get_int64();
}

std::optional<WindowPlace> placeIn(const json::value& value) {
  const auto* row = value.if_object();
  if (row == nullptr) return std::nullopt;
  const auto width = number(*row, "width", proto::MAX_SIDE);
  const auto height = number(*row, "height", proto::MAX_SIDE);
  if (!width || !height || *width < proto::MIN_SIDE || *height < proto::MIN_SIDE)
    return std::nullopt;
  WindowPlace place;
  place.width = static_cast<std::uint16_t>(*width);
  place.height = static_cast<std::uint16_t>(*height);
  const auto x = number(*row, "x", MAX_POSITION);
  const auto y = number(*row, "y", MAX_POSITION);
  if (x && y) place.position.emplace(*x, *y);
  const auto* maximized = row->if_contains("maximized");
  if (maximized != nullptr && maximized->is_bool() && maximized->get_bool())
    place.state = proto::WindowState::MAXIMIZED;
  return place;
}

}  // namespace

WindowPlace read(proto::WindowPlace::Reader place) {
  WindowPlace own{side(place.getWidth()), side(place.getHeight()), {}, place.getState()};
  if (place.getHasPosition())
    own.position.emplace(std::clamp(place.getX(), -MAX_POSITION, MAX_POSITION),
                         std::clamp(place.getY(), -MAX_POSITION, MAX_POSITION));
  return own;
}

void write(const WindowPlace& place, proto::WindowPlace::Builder out) {
  out.setWidth(place.width);
  out.setHeight(place.height);
  out.setState(place.state);
  if (!place.position) return;
  out.setHasPosition(true);
  out.setX(place.position->first);
  out.setY(place.position->second);
}

WindowPlaces::WindowPlaces(std::filesystem::path file, kj::Timer& timer, Journal& journal)
    : m_file(std::move(file)), m_timer(timer), m_journal(journal) {
  load();
}

void WindowPlaces::load() {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(m_file, error))) return;
  const auto text = readOwnFile(m_file, MAX_FILE_BYTES);
  boost::system::error_code wrong;
  const auto document = text ? json::parse(*text, wrong) : json::value();
  const auto* rows = document.if_object();
  if (wrong || rows == nullptr)
    return m_journal.write(Level::WARNING,
                           "broker",
                           m_file.string() + " cannot be read; windows open at their usual place");
  for (const auto& [label, row] : *rows) {
    if (m_places.size() >= MAX_WINDOWS) break;
    if (auto place = placeIn(row)) m_places.emplace(label, *place);
  }
}

std::optional<WindowPlace> WindowPlaces::find(const std::string& label) const {
  const auto found = m_places.find(label);
  if (found == m_places.end()) return std::nullopt;
  return found->second;
}

void WindowPlaces::put(const std::string& label, const WindowPlace& place) {
  auto kept = place;
  if (kept.state != proto::WindowState::MAXIMIZED) kept.state = proto::WindowState::NORMAL;
  if (find(label) == kept) return;
  if (m_places.size() >= MAX_WINDOWS && !m_places.contains(label)) return;
  m_places.insert_or_assign(label, kept);
  if (m_changed) return;
  m_changed = true;
  m_writing = m_timer.afterDelay(WRITE_DELAY).then([this] { writeNow(); }).eagerlyEvaluate(nullptr);
}

void WindowPlaces::writeNow() {
  if (!m_changed) return;
  m_changed = false;
  json::object rows;
  for (const auto& [label, place] : m_places) {
    json::object row{{"width", place.width}, {"height", place.height}};
    if (place.position) {
      row["x"] = place.position->first;
      row["y"] = place.position->second;
    }
    if (place.state == proto::WindowState::MAXIMIZED) row["maximized"] = true;
    rows[label] = std::move(row);
  }
  if (!replaceOwnFile(m_file, json::serialize(rows) + "\n"))
    m_journal.write(Level::WARNING, "broker", m_file.string() + " cannot be written");
}

}  // namespace sallyport::daemon
