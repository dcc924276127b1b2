// Templates of the standard scripts; opcodes by their byte.
#include "broker/bitcoin/script.h"

namespace sallyport::bitcoin {
namespace {

constexpr std::uint8_t OP_0 = 0x00;
constexpr std::uint8_t OP_PUSHDATA1 = 0x4c;
constexpr std::uint8_t OP_PUSHDATA2 = 0x4d;
constexpr std::uint8_t OP_PUSHDATA4 = 0x4e;
constexpr std::uint8_t OP_1NEGATE = 0x4f;
constexpr std::uint8_t OP_1 = 0x51;
constexpr std::uint8_t OP_16 = 0x60;
constexpr std::uint8_t OP_RETURN = 0x6a;
constexpr std::uint8_t OP_DUP = 0x76;
constexpr std::uint8_t OP_EQUAL = 0x87;
constexpr std::uint8_t OP_EQUALVERIFY = 0x88;
constexpr std::uint8_t OP_HASH160 = 0xa9;
constexpr std::uint8_t OP_CHECKSIG = 0xac;

bool isP2pk(ByteView s) {
  return (s.size() == 35 && s[0] == 33 && (s[1] == 2 || s[1] == 3) && s[34] == OP_CHECKSIG) ||
         (s.size() == 67 && s[0] == 65 && s[1] == 4 && s[66] == OP_CHECKSIG);
}

}  // namespace

std::optional<WitnessView> witnessProgram(ByteView s) {
  if (s.size() < 4 || s.size() > 42 || s[1] + 2U != s.size()) return std::nullopt;
  if (s[0] == OP_0) return WitnessView{0, s.subspan(2)};
  if (s[0] < OP_1 || s[0] > OP_16) return std::nullopt;
  return WitnessView{static_cast<std::uint8_t>(s[0] - OP_1 + 1), s.subspan(2)};
}

ScriptType classify(ByteView s) {
  if (auto witness = witnessProgram(s)) {
    auto size = witness->program.size();
    if (witness->version == 0) {
      if (size == 20) return ScriptType::P2WPKH;
      if (size == 32) return ScriptType::P2WSH;
      return ScriptType::NON_STANDARD;
    }
    return witness->version == 1 && size == 32 ? ScriptType::P2TR : ScriptType::WITNESS_UNKNOWN;
  }
  if (s.size() == 25 && s[0] == OP_DUP && s[1] == OP_HASH160 && s[2] == 20 &&
      s[23] == OP_EQUALVERIFY && s[24] == OP_CHECKSIG)
    return ScriptType::P2PKH;
  if (s.size() == 23 && s[0] == OP_HASH160 && s[1] == 20 && s[22] == OP_EQUAL)
    return ScriptType::P2SH;
  if (isP2pk(s)) return ScriptType::P2PK;
  if (!s.empty() && s[0] == OP_RETURN && pushesOf(s.subspan(1))) return ScriptType::NULL_DATA;
  return ScriptType::NON_STANDARD;
}

Bytes p2pkhScript(const Digest20& keyHash) {
  Bytes out{OP_DUP, OP_HASH160, 20};
  append(out, keyHash);
  out.push_back(OP_EQUALVERIFY);
  out.push_back(OP_CHECKSIG);
  return out;
}

Bytes p2shScript(const Digest20& hash) {
  Bytes out{OP_HASH160, 20};
  append(out, hash);
  out.push_back(OP_EQUAL);
  return out;
}

Bytes p2wpkhScript(const Digest20& keyHash) { return witnessScript(0, keyHash); }

Bytes p2wshScript(const Digest32& hash) { return witnessScript(0, hash); }

Bytes p2trScript(std::span<const std::uint8_t, 32> outputKey) {
  return witnessScript(1, outputKey);
}

Bytes witnessScript(std::uint8_t version, ByteView program) {
  Bytes out{version == 0 ? OP_0 : static_cast<std::uint8_t>(OP_1 + version - 1),
            static_cast<std::uint8_t>(program.size())};
  append(out, program);
  return out;
}

void pushData(Bytes& script, ByteView data) {
  auto size = data.size();
  if (size == 1 && data[0] >= 1 && data[0] <= 16) {
    script.push_back(static_cast<std::uint8_t>(OP_1 + data[0] - 1));
    return;
  }
  if (size == 1 && data[0] == 0x81) {
    script.push_back(OP_1NEGATE);
    return;
  }
  if (size < OP_PUSHDATA1) {
    script.push_back(static_cast<std::uint8_t>(size));
  } else if (size <= 0xff) {
    script.push_back(OP_PUSHDATA1);
    script.push_back(static_cast<std::uint8_t>(size));
  } else {
    script.push_back(OP_PUSHDATA2);
    script.push_back(static_cast<std::uint8_t>(size & 0xff));
    script.push_back(static_cast<std::uint8_t>(size >> 8 & 0xff));
  }
  append(script, data);
}

void pushInteger(Bytes& script, std::int64_t n) {
  if (n == 0) {
    script.push_back(OP_0);
    return;
  }
  Bytes number;
  auto rest = static_cast<std::uint64_t>(n < 0 ? -n : n);
  for (; rest > 0; rest >>= 8) number.push_back(static_cast<std::uint8_t>(rest & 0xff));
  if ((number.back() & 0x80) != 0) number.push_back(0);
  if (n < 0) number.back() |= 0x80;
  pushData(script, number);
}

std::optional<std::vector<Bytes>> pushesOf(ByteView script) {
  std::vector<Bytes> out;
  std::size_t at = 0;
  while (at < script.size()) {
    auto op = script[at++];
    std::size_t size = 0;
    if (op <= OP_PUSHDATA4) {
      std::size_t width = op < OP_PUSHDATA1    ? 0
                          : op == OP_PUSHDATA1 ? 1
                          : op == OP_PUSHDATA2 ? 2
                                               : 4;
      if (script.size() - at < width) return std::nullopt;
      if (width == 0) size = op;
      for (std::size_t i = 0; i < width; ++i)
        size |= static_cast<std::size_t>(script[at + i]) << 8 * i;
      at += width;
      if (script.size() - at < size) return std::nullopt;
      out.push_back(toBytes(script.subspan(at, size)));
      at += size;
    } else if (op == OP_1NEGATE) {
      out.push_back({0x81});
    } else if (op >= OP_1 && op <= OP_16) {
      out.push_back({static_cast<std::uint8_t>(op - OP_1 + 1)});
    } else {
      return std::nullopt;
    }
  }
  return out;
}

std::string scriptHash(ByteView script) { return toHex(sha256(script)); }

}  // namespace sallyport::bitcoin
