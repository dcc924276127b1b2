#include "broker/display/host-keyboard.h"

#include <xcb/xcb.h>

#include <QGuiApplication>
#include <QKeyEvent>
#include <cstdlib>
#include <memory>

namespace sallyport::display {
namespace {

constexpr int MAX_GROUPS = 4;
constexpr quint32 PROPERTY_WORDS = 1024;
// Core protocol: bits 13 and 14 of a key event's state are the effective group.
constexpr int GROUP_SHIFT = 13;
constexpr quint32 GROUP_MASK = 3;

// These end up in the arguments of xkb_keymap_new_from_names, which opens files by them.
QString plainName(const QString& name) {
  for (const auto c : name) {
    const bool plain = (c.unicode() < 128 && c.isLetterOrNumber()) || c == u'_' || c == u'-' ||
                       c == u'+' || c == u':' || c == u',' || c == u'(' || c == u')';
    if (!plain) return {};
  }
  return name;
}

struct FreeReply {
  void operator()(void* reply) const { std::free(reply); }
};

QByteArray rootProperty(const char* name) {
  auto* x11 = qApp->nativeInterface<QNativeInterface::QX11Application>();
  if (x11 == nullptr || x11->connection() == nullptr) return {};
  auto* connection = x11->connection();
  const auto asked = xcb_intern_atom(connection, 1, static_cast<uint16_t>(qstrlen(name)), name);
  std::unique_ptr<xcb_intern_atom_reply_t, FreeReply> atom(
      xcb_intern_atom_reply(connection, asked, nullptr));
  if (!atom || atom->atom == XCB_ATOM_NONE) return {};
  const auto root = xcb_setup_roots_iterator(xcb_get_setup(connection)).data->root;
  const auto property =
      xcb_get_property(connection, 0, root, atom->atom, XCB_ATOM_STRING, 0, PROPERTY_WORDS);
  std::unique_ptr<xcb_get_property_reply_t, FreeReply> reply(
      xcb_get_property_reply(connection, property, nullptr));
  if (!reply) return {};
  return QByteArray(static_cast<const char*>(xcb_get_property_value(reply.get())),
                    xcb_get_property_value_length(reply.get()));
}

HostKeyboard fromNames(const QString& rules,
                       const QString& model,
                       const QString& layouts,
                       const QString& variants,
                       const QString& options) {
  HostKeyboard keyboard{plainName(rules), plainName(model), plainName(options), {}};
  const auto layoutNames = plainName(layouts).split(u',');
  const auto variantNames = plainName(variants).split(u',');
  for (int i = 0; i < layoutNames.size() && i < MAX_GROUPS; ++i) {
    keyboard.groups.append({layoutNames[i], i < variantNames.size() ? variantNames[i] : QString()});
  }
  if (keyboard.groups.first().layout.isEmpty())
    keyboard.groups = {{QStringLiteral("us"), QString()}};
  return keyboard;
}

}  // namespace

HostKeyboard parseRulesNames(const QByteArray& property) {
  auto fields = property.split('\0');
  while (fields.size() < 5) fields.append(QByteArray());
  return fromNames(QString::fromLatin1(fields[0]),
                   QString::fromLatin1(fields[1]),
                   QString::fromLatin1(fields[2]),
                   QString::fromLatin1(fields[3]),
                   QString::fromLatin1(fields[4]));
}

HostKeyboard readHostKeyboard() {
  if (QGuiApplication::platformName() == QStringLiteral("xcb")) {
    const auto property = rootProperty("_XKB_RULES_NAMES");
    if (!property.isEmpty()) return parseRulesNames(property);
  }
  return fromNames(qEnvironmentVariable("XKB_DEFAULT_RULES"),
                   qEnvironmentVariable("XKB_DEFAULT_MODEL"),
                   qEnvironmentVariable("XKB_DEFAULT_LAYOUT"),
                   qEnvironmentVariable("XKB_DEFAULT_VARIANT"),
                   qEnvironmentVariable("XKB_DEFAULT_OPTIONS"));
}

int layoutGroupOf(const QKeyEvent& event) {
  if (QGuiApplication::platformName() != QStringLiteral("xcb")) return 0;
  return static_cast<int>((event.nativeModifiers() >> GROUP_SHIFT) & GROUP_MASK);
}

}  // namespace sallyport::display
