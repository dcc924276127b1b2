// See the header. The shape of report.json is a contract with those who read it.
#include "tests/redteam/report.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace sallyport::redteam {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* STYLE = R"css(
body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:78rem;padding:0 1rem;color:#1c2430;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.45rem .6rem;border-bottom:1px solid #dde2e8}
th{position:sticky;top:0;background:#f4f6f8}.safe{color:#11703a}.unsafe{color:#b3161b;font-weight:700}.not-run{color:#7a5b00}
.evidence{font-size:12.5px;color:#46505c}.id,.figures{white-space:nowrap}.id{font-weight:600}
@media(prefers-color-scheme:dark){body{background:#14181d;color:#e3e8ee}th{background:#1d232a}th,td{border-color:#2c343d}
.safe{color:#5fd08c}.unsafe{color:#ff7b7f}.not-run{color:#e0bd5a}.evidence{color:#a9b4c0}}
)css";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::size_t count(const Report& report, Outcome outcome) {
  return static_cast<std::size_t>(
      std::count_if(report.rows.begin(), report.rows.end(), [&](const Row& row) {
        return row.result.outcome == outcome;
      }));
}

std::size_t count(const Report& report, const std::string& mutation) {
  return static_cast<std::size_t>(
      std::count_if(report.rows.begin(), report.rows.end(), [&](const Row& row) {
        return row.mutation.outcome == mutation;
      }));
}

std::string totals(const Report& report) {
  return std::to_string(count(report, Outcome::SAFE)) + " safe, " +
         std::to_string(count(report, Outcome::UNSAFE)) + " unsafe, " +
         std::to_string(count(report, Outcome::NOT_RUN)) + " not run; " +
         std::to_string(count(report, "caught")) + " seen to fail without their defence, " +
         std::to_string(count(report, "held")) + " held by what cannot be taken away";
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out.flush()) throw std::runtime_error(file.string());
}

// Milliseconds, MiB and seconds.
json::object named(const Figures& figures) {
  json::object list{{"brokerRssMib", figures.brokerRssMib},
                    {"brokerGrowthMib", figures.brokerGrowthMib},
                    {"honestCalls", figures.honestCalls},
                    {"honestLost", figures.honestLost},
                    {"honestQuietP99Ms", figures.honestQuietP99Ms},
                    {"honestP99Ms", figures.honestP99Ms}};
  if (figures.secondsToEnd) list["secondsToEnd"] = *figures.secondsToEnd;
  if (figures.secondsToKill) list["secondsToKill"] = *figures.secondsToKill;
  return list;
}

std::string decimal(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

std::string asJson(const Report& report) {
  std::string text = "[";
  for (const auto& row : report.rows) {
    text += text.size() == 1 ? "\n  " : ",\n  ";
    text += json::serialize(json::object{
        {"id", row.result.id},
        {"group", row.group()},
        {"outcome", outcomeName(row.result.outcome)},
        {"evidence", row.result.evidence},
        {"figures", row.result.figures ? json::value(named(*row.result.figures)) : json::value()},
        {"mutation", row.mutation.outcome},
        {"mutationDate", row.mutation.date}});
  }
  return text + "\n]\n";
}

std::string asJUnit(const Report& report) {
  std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"redteam\" tests=\"" +
      std::to_string(report.rows.size()) + "\" failures=\"" +
      std::to_string(count(report, Outcome::UNSAFE)) + "\" skipped=\"" +
      std::to_string(count(report, Outcome::NOT_RUN)) + "\">\n";
  for (const auto& row : report.rows) {
    text += "  <testcase classname=\"redteam." + row.group() + "\" name=\"" +
            escaped(row.result.id + " " + row.title) + "\" time=\"" +
            std::to_string(row.result.seconds) + "\">";
    if (row.result.figures) {
      text += "<properties>";
      for (const auto& [name, value] : named(*row.result.figures))
        text += "<property name=\"" + std::string(name) + "\" value=\"" +
                (value.is_double() ? decimal(value.get_double()) : json::serialize(value)) + "\"/>";
      text += "</properties>";
    }
    const auto evidence = escaped(row.result.evidence);
    if (row.result.outcome == Outcome::UNSAFE) text += "<failure message=\"" + evidence + "\"/>";
    if (row.result.outcome == Outcome::NOT_RUN) text += "<skipped message=\"" + evidence + "\"/>";
    if (row.result.outcome == Outcome::SAFE) text += "<system-out>" + evidence + "</system-out>";
    text += "</testcase>\n";
  }
  return text + "</testsuite>\n";
}

// Broker's memory, honest window's p99, time to kill: a line each.
std::string figuresOf(const Row& row) {
  if (!row.result.figures) return "";
  const Figures& figures = *row.result.figures;
  const auto seconds = [](const std::optional<double>& value) {
    return value ? decimal(*value) + " s" : std::string("-");
  };
  return "RSS " + decimal(figures.brokerRssMib) + " + " + decimal(figures.brokerGrowthMib) +
         " MiB<br>p99 " + decimal(figures.honestP99Ms) + " ms, quiet " +
         decimal(figures.honestQuietP99Ms) + " ms<br>session ended " +
         seconds(figures.secondsToEnd) + "<br>process gone " + seconds(figures.secondsToKill);
}

std::string asHtml(const Report& report) {
  std::string text =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sallyport: "
      "red team</title><style>" +
      std::string(STYLE) + "</style></head><body>\n<h1>Sallyport: red team</h1>\n<p>" +
      escaped(totals(report)) +
      "</p>\n<table><thead><tr><th>Row</th><th>Attack and safe outcome</th><th>Outcome"
      "</th><th>Figures</th><th>Evidence</th><th>Without its defence</th></tr></thead><tbody>\n";
  for (const auto& row : report.rows) {
    const std::string outcome(outcomeName(row.result.outcome));
    std::string defences;
    for (const auto& name : row.mutation.defences)
      defences += (defences.empty() ? "" : ", ") + name;
    if (row.mutation.outcome == "held") defences = row.mutation.evidence;
    if (!row.mutation.date.empty()) defences += "; " + row.mutation.date;
    text +=
        "<tr><td class=\"id\">" + escaped(row.result.id) + "</td><td>" + escaped(row.title) +
        "<br><span class=\"evidence\">" + escaped(row.safe) + "</span></td><td class=\"" + outcome +
        "\">" + outcome + "</td><td class=\"evidence figures\">" + figuresOf(row) +
        "</td><td class=\"evidence\">" + escaped(row.result.evidence) + "</td><td>" +
        row.mutation.outcome +
        (defences.empty() ? "" : "<br><span class=\"evidence\">" + escaped(defences) + "</span>") +
        "</td></tr>\n";
  }
  return text + "</tbody></table></body></html>\n";
}

}  // namespace

void printRow(const Row& row) {
  std::printf("%-4s %-8s %-7s %5.1f s  %s\n      %s\n",
              row.result.id.c_str(),
              std::string(outcomeName(row.result.outcome)).c_str(),
              row.mutation.outcome.c_str(),
              row.result.seconds,
              row.title.c_str(),
              row.result.evidence.c_str());
  std::fflush(stdout);
}

void printTotals(const Report& report) { std::printf("%s\n", totals(report).c_str()); }

void writeReport(const fs::path& folder, const Report& report) {
  fs::create_directories(folder);
  write(folder / "report.json", asJson(report));
  write(folder / "junit.xml", asJUnit(report));
  write(folder / "report.html", asHtml(report));
}

}  // namespace sallyport::redteam
