// SPDX-License-Identifier: GPL-2.0-only
// linear: what is read or written of strangers' data, on inputs of two sizes, one twice the other. linear.sh counts the
// instructions that each took, under callgrind: no clock, so that it says the same on a busy machine.
#include <fmt/format.h>
#include <valgrind/callgrind.h>

#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/printable.h"
#include "base/text_width.h"
#include "diagnose/diagnosis.h"
#include "diagnose/testing/told.h"
#include "judge/judge.h"
#include "judge/testing/builders.h"
#include "klog/story_reader.h"
#include "publish/scrub/pseudonyms.h"
#include "record/builder.h"
#include "record/json.h"
#include "record/matrix.h"
#include "record/record.h"
#include "record/run_series.h"
#include "record/tally.h"
#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"
#include "report/compare/compare.h"
#include "report/compare/mail.h"
#include "report/compare/statistics.h"
#include "report/compare/text.h"
#include "report/diagnosis/text.h"
#include "report/export/junit.h"
#include "report/export/kcidb.h"
#include "report/export/ktap.h"
#include "report/export/openmetrics.h"
#include "report/export/test_results.h"
#include "report/html/history.h"
#include "report/html/lock_graph.h"
#include "report/html/matrix.h"
#include "report/html/record.h"
#include "report/html/timeline.h"
#include "report/mail/mail.h"
#include "report/text/cycle_drawing.h"
#include "report/text/matrix.h"
#include "report/text/record.h"
#include "report/words/layout.h"
#include "report/words/templates.h"

namespace {

using namespace blkhang;

/// What was made is looked at, so that making it is not left out.
std::size_t made = 0;
void look_at(const std::string& text) { made += text.size(); }
template <class Value>
void look_at(const Result<Value>& result) {
    if (!result) {
        throw std::runtime_error(result.error().message());
    }
    look_at(*result);
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) {
        text += piece;
    }
    return text;
}

struct Case {
    std::string name;
    std::size_t size;                                           ///< of the smaller input
    std::function<std::function<void()>(std::size_t)> prepare;  ///< what is to be counted, for an input of that size
};

void run(const Case& one) {
    for (const std::size_t size : {one.size, 2 * one.size}) {
        const auto work = one.prepare(size);
        const auto name = fmt::format("{} {}", one.name, size);
        CALLGRIND_ZERO_STATS;
        work();
        CALLGRIND_DUMP_STATS_AT(name.c_str());
    }
}

/// Text of one kind through everything that foreign text goes through.
void texts(std::vector<Case>& cases) {
    constexpr std::size_t kSize = 2000;
    const auto add = [&](const std::string& name, std::function<void(const std::string&)> work) {
        for (const std::string_view piece : {"word ",
                                             "x",
                                             "x\n",
                                             "\u20ac",
                                             "\x1b[1m",
                                             "\xff",
                                             "\\x41",
                                             "a:",
                                             "aa:",
                                             "a@",
                                             "@",
                                             "bob@b.de ",
                                             "user=",
                                             "sn=",
                                             "sn=\"",
                                             "serial number=",
                                             "ip=:",
                                             "iqn.2020-01.",
                                             "(to a) b on ",
                                             "for user ",
                                             "uid=1(",
                                             "1.2.3.4 ",
                                             " ",
                                             "=",
                                             "$ ",
                                             "session ",
                                             "/home/",
                                             "Linux ",
                                             "a.b",
                                             "- "}) {
            cases.push_back({fmt::format("{}: {}", name, printable(piece)).substr(0, 60), kSize, [=](std::size_t n) {
                                 const auto text = repeated(piece, n);
                                 return [=] { work(text); };
                             }});
        }
    };
    add("wrap", [](const std::string& text) { look_at(wrap(text, 100)); });
    add("fitted", [](const std::string& text) { look_at(fitted("  - " + text, 100) + fitted("  $ " + text, 100)); });
    add("cut", [](const std::string& text) { look_at(cut_middle(text, 60)); });
    add("printable", [](const std::string& text) { look_at(printable(text)); });
    add("scrub", [](const std::string& text) {
        Pseudonyms names;
        names.learn_text(text);
        look_at(names.in_text(text));
    });
}

void lists(std::vector<Case>& cases) {
    cases.push_back({"scrub: names", 500, [](std::size_t n) {
                         std::string text;
                         for (std::size_t i = 0; i < n; ++i) {
                             text += fmt::format("user=alice{0} from alice{0} and bob_{0}\n", i);
                         }
                         return [=] {
                             Pseudonyms names;
                             names.learn_text(text);
                             look_at(names.in_text(text));
                         };
                     }});
    cases.push_back({"table: rows", 500, [](std::size_t n) {
                         return [n] {
                             Table table({Table::Align::cut, Table::Align::left, Table::Align::right});
                             for (std::size_t i = 0; i < n; ++i) {
                                 table.row({"one", i == 0 ? std::string(n, 'x') : "two", std::to_string(i)});
                             }
                             look_at(table.text(2, 100));
                         };
                     }});
    for (const std::string_view line :
         {"INFO: task a:1 blocked for more than 120 seconds.", "task:b state:D stack:0 pid:7 ppid:1",
          " #0: ffff (lock){+.+.}-{3:3}, at: f+0x1/0x2", " f+0x1/0x2",
          "Call Trace:", "inconsistent {a} -> {b} usage."}) {
        cases.push_back({fmt::format("kernel log: {}", line).substr(0, 60), 500, [=](std::size_t n) {
                             return [=] {
                                 KernelLog log;
                                 log.line(0, "INFO: task a:1 blocked for more than 120 seconds.");
                                 for (std::size_t i = 0; i < n; ++i) {
                                     log.line(i, line);
                                 }
                                 made += log.reports().size();
                             };
                         }});
    }
    cases.push_back({"kernel log: a line", 5000, [](std::size_t n) {
                         const auto text = repeated("\\x41", n);
                         return [=] {
                             KernelLog log;
                             log.line(0, text);
                             made += log.reports().size();
                         };
                     }});
    for (const std::string_view line : {"INFO: task a:1 blocked for more than 120 seconds.",
                                        "INFO: task a:1 is blocked on a mutex likely owned by task b:2.",
                                        "task:b               state:D stack:0 pid:7 ppid:1",
                                        "task:b               state:D stack:0",
                                        "bash            D13832   811      2 0x80000000",
                                        "CPU: 1 PID: 7 Comm: b Not tainted 6.1.0 #1",
                                        "sysrq: Show Blocked State",
                                        "rcu: INFO: rcu_preempt self-detected stall on CPU",
                                        "Tasks blocked on level-0 rcu_node (CPUs 0-1): P1 P2 P3 P4",
                                        "NMI backtrace for cpu 1",
                                        "Showing all locks held in the system:",
                                        "2 locks held by a/1:",
                                        " #0: ffffffff82000001 (lock){+.+.}-{3:3}, at: f+0x1/0x2",
                                        " #0: ffffffff82000001",
                                        " (",
                                        "WARNING: possible circular locking dependency detected",
                                        "-> #1 (lock){+.+.}-{0:0}:",
                                        "a/1 is trying to acquire lock:",
                                        "Call Trace:",
                                        " f+0x1/0x2",
                                        "[<0>] f+0x1/0x2",
                                        "f (a/b.c:1)",
                                        "/proc/811/stack:[<0>] f+0x1/0x2",
                                        "Panic#1 Part1",
                                        "[    1.0][   T7] text",
                                        "Nov  2 10:00:01 host sshd[7]: text"}) {
        cases.push_back({fmt::format("story: {}", line).substr(0, 60), 500, [=](std::size_t n) {
                             return [=] {
                                 StoryReader reader;
                                 for (const std::string_view before :
                                      {"INFO: task a:1 blocked for more than 120 seconds.",
                                       "WARNING: possible circular locking dependency detected",
                                       "a/1 is trying to acquire lock:"}) {
                                     reader.line(before);
                                 }
                                 for (std::size_t i = 0; i < n; ++i) {
                                     reader.line(line);
                                 }
                                 made += reader.finish().tasks.size();
                             };
                         }});
    }
    cases.push_back(
        {"story: a caller each", 500, [](std::size_t n) {
             return [n] {
                 StoryReader reader;
                 for (std::size_t i = 0; i < n; ++i) {
                     reader.line(fmt::format("[    1.0][T{}] INFO: task a:{} blocked for more than 9 seconds.", i, i));
                 }
                 made += reader.finish().tasks.size();
             };
         }});
    for (const std::string_view piece :
         {"x", "[", ">", "<6>", "\\x41", "#012", "\r", "\x1b[0m", "\"", "(", "[<0>]", "Mar 7 "}) {
        cases.push_back({fmt::format("story: a line of {}", printable(piece)), 5000, [=](std::size_t n) {
                             const auto text = repeated(piece, n);
                             return [=] {
                                 StoryReader reader;
                                 reader.line(text);
                                 reader.line("{\"log\":\"" + text);
                                 made += reader.finish().tasks.size();
                             };
                         }});
    }
    cases.push_back({"judge: a chain of waits", 250, [](std::size_t n) {
                         return [n] {
                             Judge judge({});
                             for (std::size_t i = 1; i <= n; ++i) {
                                 judge.observe(build::blkcg_wait(i, static_cast<std::int32_t>(i),
                                                                 static_cast<std::int32_t>(i) - 1));
                             }
                             judge.observe(build::tick(n + 100));
                             made += judge.judgement().reasons.size();
                         };
                     }});
    cases.push_back({"judge: ticks", 1000, [](std::size_t n) {
                         return [n] {
                             Judge judge({});
                             for (int i = 1; i < 20; ++i) {
                                 judge.observe(build::blkcg_wait(1, i, i - 1));
                             }
                             for (std::size_t i = 1; i <= n; ++i) {
                                 judge.observe(build::tick(i));
                             }
                             made += judge.judgement().reasons.size();
                         };
                     }});
    cases.push_back({"judge: edges", 250, [](std::size_t n) {
                         return [n] {
                             Judge judge({});
                             for (std::size_t i = 0; i < n; ++i) {
                                 judge.observe(build::edge_on_disk(Scope::queue_frozen, Scope::percpu_alloc,
                                                                   fmt::format("d{}", i)));
                             }
                             made += judge.judgement().reasons.size();
                         };
                     }});
    cases.push_back({"json", 10'000, [](std::size_t n) {
                         const auto text = "[" + repeated("{\"a\":[1,\"x\"]},", n) + "0]";
                         return [=] { made += parse_json(text).size(); };
                     }});
    cases.push_back({"lines of a series", 500, [](std::size_t n) {
                         std::string line =
                             R"({"t":"counters","at_ns":5,"edges":[],"coverage":{},"load":{"ios":5},"lost_events":0})";
                         return [=] {
                             RunSeriesReader reader("", {});
                             for (std::size_t i = 0; i < n; ++i) {
                                 reader.line(line);
                             }
                             made += timeline(Record{}, reader.finish()).curves.size();
                         };
                     }});
}

/// A story of which one thing is many.
LogStory story_with(std::string_view what, std::size_t n) {
    LogStory story;
    story.release = "6.12.48";
    told::add(story, told::task(1, "owner", told::kOwnerAtQueue));
    told::add(story, told::task(2, "switcher", told::kSwitcherAtMutex));
    for (std::size_t i = 0; i < n; ++i) {
        const auto pid = static_cast<std::int32_t>(10 + i);
        const double at_s = 100 + static_cast<double>(i);
        if (what == "waiting tasks") {
            told::add(story, told::task(pid, "sleeper", told::kForkAtMutex));
        } else if (what == "tasks at a disk") {
            told::add(story, told::task(pid, "sleeper", told::kOwnerAtDisk));
        } else if (what == "owners that wait") {
            told::add(story, told::task(pid, "owner", told::kOwnerAtQueue));
        } else if (what == "dumps") {
            told::add(story, LogComplaint::Kind::blocked_tasks, "sysrq: Show Blocked State");
            told::add(story, told::task(1, "owner", told::kOwnerAtQueue, at_s));
            told::add(story, told::task(2, "switcher", told::kSwitcherAtMutex, at_s));
        } else if (what == "looks that differ") {
            told::add(story, told::task(1, "owner", i % 2 == 0 ? told::kOwnerAtDisk : told::kOwnerAtQueue, at_s));
        } else if (what == "named owners") {
            auto task = told::task(pid, "sleeper", told::kForkAtMutex);
            task.blocked_by = LogBlocker{"mutex", "sleeper", pid + 1};
            told::add(story, std::move(task));
        } else if (what == "held locks") {
            story.tasks.front().holds.push_back({fmt::format("lock{}", i), "f"});
        } else if (what == "complaints") {
            told::add(story, LogComplaint::Kind::io_error, fmt::format("I/O error {}", i));
        } else if (what == "warnings of lockdep") {
            LockdepSplat splat;
            splat.headline = "possible circular locking dependency detected";
            splat.wants = "pcpu_alloc_mutex";
            splat.stack = told::stack(told::kSwitcherAtMutex);
            story.splats.push_back(std::move(splat));
        }
    }
    return story;
}

void diagnoses(std::vector<Case>& cases) {
    for (const std::string_view what :
         {"waiting tasks", "tasks at a disk", "owners that wait", "dumps", "looks that differ", "named owners",
          "held locks", "complaints", "warnings of lockdep"}) {
        cases.push_back({fmt::format("diagnosis: {}", what), 200, [=](std::size_t n) {
                             return [story = story_with(what, n)] {
                                 const auto diagnosis = diagnose(story);
                                 look_at(render_diagnosis(diagnosis, {}));
                                 look_at(encode(diagnosis, {}));
                             };
                         }});
    }
}

/// A record of which one thing is many, or long.
Record record_with(std::string_view what, std::size_t n) {
    Record record = replay::record("kswapd-cycle");
    const auto name = [](std::size_t i) { return fmt::format("thing{}", i); };
    for (std::size_t i = 0; i < n; ++i) {
        const auto pid = static_cast<std::int32_t>(1000 + i);
        if (what == "reasons") {
            record.verdict.reasons.push_back(name(i));
        } else if (what == "nestings") {
            record.nesting.push_back(
                {Scope::queue_frozen, Scope::submit_bio, 1, 2.0, "a", pid, {}, name(i), {"f+0x1/0x2"}});
        } else if (what == "blocked tasks") {
            record.blocked_tasks.push_back({pid, "a", 'D', {"f+0x1/0x2", "g+0x1/0x2"}});
        } else if (what == "tasks of the cycle") {
            record.deadlock->tasks.push_back(
                {pid, "a", 'D', awaited_from(name(i + 1)), {awaited_from(name(i))}, {"f+0x1/0x2"}});
        } else if (what == "kernel reports") {
            record.kernel_reports->push_back({1.0, {KernelReport::Kind::hung_task, 1, name(i), {}, {}, {}}, "none"});
        } else if (what == "phases") {
            record.phases.push_back({name(i), static_cast<double>(i), static_cast<double>(i + 1)});
        } else if (what == "load") {
            record.load[name(i)] = i;
        } else if (what == "coverage") {
            record.coverage.push_back({name(i), i, 5, i >= 5});
        } else if (what == "frames") {
            record.deadlock->tasks.front().stack.push_back("f+0x1/0x2");
        } else if (what == "probes") {
            record.tier.attached.push_back(name(i));
            record.tier.missing.push_back({name(i), "not there"});
        }
    }
    if (what == "a long name") {
        record.deadlock->tasks.front().comm = std::string(n, 'x');
        record.kernel.release = std::string(n, 'y');
    }
    return record;
}

void records(std::vector<Case>& cases) {
    const auto add = [&](const std::string& name, std::function<void(const Record&)> work) {
        for (const std::string_view what :
             {"reasons", "nestings", "blocked tasks", "tasks of the cycle", "kernel reports", "phases", "load",
              "coverage", "frames", "probes", "a long name"}) {
            cases.push_back({fmt::format("{}: {}", name, what), 200,
                             [=](std::size_t n) { return [work, record = record_with(what, n)] { work(record); }; }});
        }
    };
    add("record", [](const Record& record) {
        const auto text = encode(record);
        look_at(text);
        made += decode_record(text).has_value() ? 1 : 0;
    });
    add("text", [](const Record& record) { look_at(render_text(record)); });
    add("drawing", [](const Record& record) { look_at(draw(*record.deadlock, 100)); });
    add("graph", [](const Record& record) { look_at(dot_source(lock_graph(record, {}))); });
    add("page", [](const Record& record) {
        look_at(render_html(record,
                            {fail(Fault::broken, "none"), lock_graph(record, {}), fail(Fault::broken, "no picture")},
                            Templates::built_in()));
    });
    add("mail", [](const Record& record) {
        BugReport report;
        report.record = record;
        report.tally = tally(matrix_of(record)).front();
        look_at(render_mail(report, Templates::built_in()));
    });
    add("exports", [](const Record& record) {
        const auto results = test_results(record, "");
        look_at(render_junit(results));
        look_at(render_ktap(results));
        look_at(render_kcidb(results, "blkhang"));
    });
}

void matrices(std::vector<Case>& cases) {
    const auto matrix_of_many = [](std::size_t n) {
        Matrix matrix;
        matrix.planned = static_cast<std::uint32_t>(n);
        matrix.calibrate = true;
        for (std::size_t i = 0; i < n; ++i) {
            CellResult cell;
            cell.id = fmt::format("cell-{}", i);
            cell.subject = {fmt::format("deb:{}", i), "kvm-2011", ""};
            cell.verdict = Verdict::inconclusive;
            cell.reasons = {fmt::format("reason {}", std::string(1 + i % 7, static_cast<char>('a' + i % 26)))};
            matrix.cells.push_back(std::move(cell));
        }
        return matrix;
    };
    cases.push_back({"matrix: text", 100,
                     [=](std::size_t n) { return [matrix = matrix_of_many(n)] { look_at(render_matrix(matrix)); }; }});
    cases.push_back({"matrix: json", 100,
                     [=](std::size_t n) { return [matrix = matrix_of_many(n)] { look_at(encode(matrix)); }; }});
    cases.push_back({"matrix: page", 100, [=](std::size_t n) {
                         return
                             [matrix = matrix_of_many(n)] { look_at(render_html(matrix, {}, Templates::built_in())); };
                     }});
    cases.push_back({"matrices: history", 25, [=](std::size_t n) {
                         std::vector<NamedMatrix> matrices(n, {"week", matrix_of_many(20)});
                         for (std::size_t i = 0; i < n; ++i) {
                             for (CellResult& cell : matrices[i].matrix.cells) {
                                 cell.label = fmt::format("deb:6.1 (6.1.{}-1)", i);
                             }
                         }
                         return [matrices] {
                             look_at(render_html(matrices, {std::vector<HistoryPage::Place>(matrices.size()), {}},
                                                 Templates::built_in()));
                         };
                     }});
    cases.push_back({"matrices: a diagonal as metrics", 100, [=](std::size_t n) {
                         return [matrices = std::vector<NamedMatrix>{{"week", build::diagonal(n)}}] {
                             look_at(render_openmetrics(matrices));
                         };
                     }});
    // More kernels times profiles than a table may have: below that, a square is what is wanted.
    cases.push_back({"matrix: a diagonal as text", 400,
                     [](std::size_t n) { return [matrix = build::diagonal(n)] { look_at(render_matrix(matrix)); }; }});
    cases.push_back({"matrix: a diagonal as page", 400, [](std::size_t n) {
                         return
                             [matrix = build::diagonal(n)] { look_at(render_html(matrix, {}, Templates::built_in())); };
                     }});
}

void comparisons(std::vector<Case>& cases) {
    constexpr std::size_t kSize = 250;
    // One profile on many kernels; and many profiles, no two sides of which got the same done.
    const auto side = [](std::size_t n, bool profiles, Verdict verdict) {
        Matrix matrix;
        for (std::size_t i = 0; i < n; ++i) {
            CellResult cell = build::cell(
                {profiles ? "deb:1" : fmt::format("deb:{}", i), profiles ? fmt::format("p{}", i) : "p", ""}, verdict);
            cell.trials = verdict == Verdict::hang ? 1000 + i : 100;
            build::add(matrix, std::move(cell));
        }
        return matrix;
    };
    cases.push_back({"compare: many runs", 10'000, [](std::size_t n) {
                         const auto half = static_cast<std::uint32_t>(n / 2);
                         return [before = failure_rate(half, half), after = failure_rate(half + 1, half - 1)] {
                             made += fisher_exact(before, after) < kSignificant ? 1 : 0;
                             made += runs_needed(before, after).value_or(0);
                         };
                     }});
    for (const auto& [name, profiles] : {std::pair{"kernels", false}, {"profiles", true}}) {
        const auto sides = [side, profiles = profiles](std::size_t n) {
            return std::pair{side(n, profiles, Verdict::hang), side(n, profiles, Verdict::clean)};
        };
        cases.push_back({fmt::format("compare: {}", name), kSize, [sides](std::size_t n) {
                             return [both = sides(n)] { made += compare(both.first, both.second).pairs.size(); };
                         }});
        cases.push_back({fmt::format("compare: {} as text, mail and json", name), kSize, [sides](std::size_t n) {
                             const auto both = sides(n);
                             return [comparison = compare(both.first, both.second)] {
                                 look_at(render_comparison(comparison));
                                 look_at(mail_paragraph(comparison, ""));
                                 look_at(encode(comparison));
                             };
                         }});
        cases.push_back({fmt::format("compare: {} as page", name), kSize, [sides](std::size_t n) {
                             const auto both = sides(n);
                             MatrixPage page;
                             page.comparison = compare(both.first, both.second);
                             return [page = std::move(page), after = both.second] {
                                 look_at(render_html(after, page, Templates::built_in()));
                             };
                         }});
    }
}

/// To see that one is found.
void squares(std::vector<Case>& cases) {
    cases.push_back({"quadratic on purpose", 1000, [](std::size_t n) {
                         return [n] {
                             std::string text(n, 'x');
                             while (!text.empty()) {
                                 made += display_width(text);
                                 text.erase(0, 1);
                             }
                         };
                     }});
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<Case> cases;
    if (argc > 1 && std::string_view(argv[1]) == "--quadratic") {
        squares(cases);
    } else {
        texts(cases);
        lists(cases);
        diagnoses(cases);
        records(cases);
        matrices(cases);
        comparisons(cases);
    }
    for (const auto& each : cases) {
        run(each);
    }
    std::printf("%zu\n", made);
}
