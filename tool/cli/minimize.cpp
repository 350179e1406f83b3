// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/shell.h"
#include "base/shown.h"
#include "base/signals.h"
#include "cli/command.h"
#include "cli/run_options.h"
#include "guest/record_directory.h"
#include "matrix/foreign_kernel.h"
#include "matrix/local_executor.h"
#include "minimize/boots.h"
#include "minimize/ingredients.h"
#include "minimize/search.h"
#include "profile/kernel_spec.h"
#include "profile/profile_toml.h"
#include "publish/evidence.h"
#include "record/archive.h"
#include "record/json.h"
#include "record/record.h"
#include "record/tally.h"
#include "report/repro/reproducer.h"
#include "report/repro/standalone.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

constexpr const char* kMinimizeSchema = "blkhang-minimize/1";
constexpr const char* kResult = "minimal.toml";
constexpr const char* kScript = "repro.sh";
constexpr const char* kSteps = "minimize.json";
/// As long as a hang took, a few times over: one that takes that long is hardly the same, and boots that do not hang
/// cost that.
constexpr double kTimesAsLong = 4;
constexpr std::chrono::seconds kShortestLoad{20};
/// A livelock has to stand for a minute.
constexpr std::chrono::seconds kLivelockStands{70};

struct Hung {
    Record record;
    Profile profile;
    std::string kernel;  ///< KERNEL[,plant=NAME]
};

/// With a load only as long as a hang takes; coverage makes verdicts that nobody asks for here.
Profile shortened(Profile profile, const Record& record) {
    const double took = record.deadlock ? record.deadlock->closed_ms / 1000 : 0;
    auto load = std::max(kShortestLoad, std::chrono::seconds(std::lround(std::ceil(took * kTimesAsLong))));
    if (record.deadlock && record.deadlock->kind == kLivelock) {
        load += kLivelockStands;
    }
    profile.duration = std::min(load, profile.duration + profile.patience);
    profile.patience = std::chrono::seconds(0);
    return profile;
}

Result<Hung> subject_of(const Invocation& invocation) {
    const fs::path path = invocation.text("RECORD");
    const auto directory = Directory::open(path);
    const auto record = directory.and_then(read_record);
    if (!record) {
        return fail(record.error());
    }
    if (record->verdict.value != Verdict::hang) {
        return fail(Error(Fault::usage, fmt::format("{}: nothing hung there, it is {}", path.string(),
                                                    to_string(record->verdict.value)))
                        .hint("give the record of a run that hung"));
    }
    const auto profile = profile_as_run(*directory);
    if (!profile) {
        return fail(profile.error());
    }
    std::string kernel = exact_kernel(record->run.kernel);
    if (invocation.has("guest")) {
        kernel = invocation.text("guest");
    } else if (kernel.empty()) {
        return fail(Error(Fault::usage,
                          fmt::format("{}: its kernel, {}, was its owner's own", path.string(), record->run.kernel))
                        .hint("name one with --guest KERNEL"));
    }
    if (auto spec = parse_kernel_spec(kernel); !spec) {
        return fail(spec.error());
    }
    if (!record->plant.empty()) {
        kernel += ",plant=" + record->plant;
    }
    return Hung{*record, shortened(*profile, *record), std::move(kernel)};
}

Result<MinimizeTerms> terms_of(const Invocation& invocation) {
    MinimizeTerms terms;
    for (const auto& [option, count] : {std::pair{"need", &terms.need},
                                        {"boots", &terms.boots},
                                        {"confirm", &terms.confirm},
                                        {"most", &terms.most},
                                        {"jobs", &terms.jobs}}) {
        const int given = invocation.values[option].as<int>();
        if (given < 1) {
            return fail(Fault::usage, fmt::format("--{} has to be 1 at least, not {}", option, given));
        }
        *count = static_cast<std::uint32_t>(given);
    }
    if (terms.need > terms.boots) {
        return fail(Fault::usage, fmt::format("--need {} of --boots {}: that is never so", terms.need, terms.boots));
    }
    if (terms.most <= terms.confirm) {
        return fail(Fault::usage,
                    fmt::format("--most {} leaves nothing beside --confirm {}", terms.most, terms.confirm));
    }
    return terms;
}

Json step_json(const MinimizeStep& step) {
    constexpr const char* kAnswers[] = {"hangs", "does not", "unknown"};
    return {{"asked", step.without},
            {"hung", step.hung},
            {"stood", step.stood},
            {"broke", step.broke},
            {"answer", kAnswers[static_cast<std::size_t>(step.answer)]}};
}

Json result_json(const Hung& subject, const LeastLoad& least, const Boots& boots, const MinimizeStep& confirmed,
                 const MinimizeTerms& terms) {
    Json steps = Json::array();
    for (const MinimizeStep& step : boots.steps()) {
        steps.push_back(step_json(step));
    }
    const auto rate = failure_rate(confirmed.hung, confirmed.stood);
    return {{"schema", kMinimizeSchema},
            {"kernel", subject.kernel},
            {"profile", subject.profile.name},
            {"ingredients", ingredients_of(subject.profile).size()},
            {"left", ingredients_of(least.profile).size()},
            {"needs", least.needed},
            {"does_not_need", least.not_needed},
            {"not_found_out", least.unknown},
            {"smaller", least.smaller},
            {"need", terms.need},
            {"of", terms.boots},
            {"boots", boots.booted()},
            {"result",
             {{"hung", confirmed.hung},
              {"stood", confirmed.stood},
              {"broke", confirmed.broke},
              {"rate_low", rate.low},
              {"rate_high", rate.high}}},
            {"steps", steps}};
}

Status write_result(const Directory& out, const Hung& subject, const LeastLoad& least, const Json& json) {
    auto written =
        out.replace(kSteps, to_text(json)).and_then([&] { return out.replace(kResult, to_toml(least.profile)); });
    if (!written || !beyond_a_script(least.profile).empty()) {
        return written;
    }
    const auto script = standalone_script(subject.record, least.profile, Templates::built_in());
    return script ? out.replace(kScript, *script) : fail(script.error());
}

void print_result(const Hung& subject, const LeastLoad& least, const Boots& boots, const MinimizeStep& confirmed,
                  const MinimizeTerms& terms, const fs::path& out) {
    for (const MinimizeStep& step : boots.steps()) {
        print(shown("{:>2} of {} hung  {}\n", step.hung, step.hung + step.stood, step.without));
    }
    print(shown("\n{} on {}: {} of {} ingredients are left, {} boots\n", subject.profile.name, subject.kernel,
                ingredients_of(least.profile).size(), ingredients_of(subject.profile).size(), boots.booted()));
    print(shown("{}\n", in_words(least)));
    const auto broke = confirmed.broke == 0 ? "" : fmt::format(", {} broke", confirmed.broke);
    print(shown("what is left hung {} of {} boots{}, so it {}; at each step at least {} of {} had to hang\n",
                confirmed.hung, confirmed.hung + confirmed.stood, broke,
                in_words(failure_rate(confirmed.hung, confirmed.stood)), terms.need, terms.boots));
    print(shown("profile: {}\n", (out / kResult).string()));
    if (const auto reasons = beyond_a_script(least.profile); reasons.empty()) {
        print(shown("reproducer: {}\n", (out / kScript).string()));
    } else {
        print(shown("no reproducer without blkhang: {}\n", reasons.front()));
    }
}

Result<fs::path> out_of(const Invocation& invocation) {
    if (invocation.flag("resume") && !invocation.has("out")) {
        return fail(Error(Fault::usage, "--resume needs the directory").hint("give it with --out DIR"));
    }
    auto out = invocation.has("out") ? Result<fs::path>(invocation.text("out")) : new_record_directory({"minimize"});
    std::error_code none;
    if (out && !invocation.flag("resume") && fs::exists(*out / "steps", none)) {
        return fail(Error(Fault::usage, fmt::format("{} holds a minimisation already", out->string()))
                        .hint("go on with it by --resume, or name another directory with --out"));
    }
    return out;
}

Result<ExitCode> minimize(const Invocation& invocation) {
    catch_interrupts();
    const auto terms = terms_of(invocation);
    if (!terms) {
        return fail(terms.error());
    }
    const auto subject = subject_of(invocation);
    if (!subject) {
        return fail(subject.error());
    }
    LocalExecutor executor;
    const auto path = out_of(invocation);
    const auto out = path.and_then([](const fs::path& each) { return Directory::make(each); });
    if (!out) {
        return fail(out.error());
    }
    Boots boots(
        out->path(), subject->kernel, *terms, executor, progress_kind(invocation.common),
        invocation.flag("trust-kernels") ? MatrixDirectory::Kernels::trusted : MatrixDirectory::Kernels::foreign);
    const auto least = find_least_load(subject->profile, [&](const Profile& profile, const std::string& without) {
        return boots.ask(profile, without);
    });
    if (!least) {
        return fail(least.error());
    }
    const auto confirmed = boots.confirm(least->profile);
    if (!confirmed) {
        return fail(confirmed.error());
    }
    const Json json = result_json(*subject, *least, boots, *confirmed, *terms);
    if (auto written = write_result(*out, *subject, *least, json); !written) {
        return fail(written.error());
    }
    if (invocation.flag("json")) {
        print(Shown::lines(to_text(json)));
    } else {
        print_result(*subject, *least, boots, *confirmed, *terms, out->path());
    }
    return confirmed->answer == StillHangs::yes ? ExitCode::ok : ExitCode::inconclusive;
}

}  // namespace

Command minimize_command() {
    const MinimizeTerms usual;
    Command command{
        .name = "minimize",
        .summary = "find the least load that still hangs a kernel",
        .synopsis = {"RECORD", "[--guest KERNEL]", "[--need N --boots M]", "[--confirm N]", "[--most N]", "[--jobs N]",
                     "[--out DIR [--resume]]", "[--trust-kernels]", "[--json]"},
        .description =
            {"Takes the profile and the kernel of a run that hung, leaves out one part of its load after the other "
             "(cgroups, "
             "limits, writers, memory pressure, per-CPU maps, disks, CPUs, triggers), several at once where they are "
             "hardly ever needed, and boots what is left. What still hangs in N of M boots goes on without that part; "
             "then "
             "it is made smaller in the same way, by halves. The load is four times as long as the hang took, 20 s at "
             "least.",
             "The result is a profile, which blkhang run takes; a script for whoever has no blkhang (see: blkhang "
             "report "
             "--help, FORMATS, repro), where one can do what is left; and a sentence, what the hang needs and what it "
             "does "
             "not. Needed means: without that alone, but with less of the rest, more than M-N of M boots did not hang. "
             "A few boots tell rates apart only roughly; the exact 95% interval of the result's rate is said."},
        .sections = {},
        .exit_status = {{"0", "the result hangs in most of the boots at the end"},
                        {"2", "RECORD holds no hang, or the command line makes no sense"},
                        {"3", "the result does not: let more of M boots hang"},
                        {"5", "it could not be done, or was interrupted"}},
        .examples = {{"blkhang minimize runs/hang --jobs 2 --out least",
                      "which parts of the load does this hang need?"},
                     {"blkhang minimize runs/hang --jobs 2 --out least --resume", "go on where that was interrupted"}},
        .positionals = {{"RECORD", true}},
        .options = {},
        .run = minimize,
    };
    const auto count = [](std::uint32_t number) {
        return po::value<int>()->value_name("N")->default_value(static_cast<int>(number));
    };
    command.options.add_options()  //
        ("guest", po::value<std::string>()->value_name("KERNEL"),
         "another kernel than that of the record; see: blkhang run --help")                  //
        ("need", count(usual.need), "boots that have to hang")                               //
        ("boots", count(usual.boots), "of so many that come to an end")                      //
        ("confirm", count(usual.confirm), "boots of the result, at the end")                 //
        ("most", count(usual.most), "boots in all; what is not found out by then stays in")  //
        ("jobs", count(usual.jobs), "guests at once, as far as CPUs and memory go round")    //
        ("out", po::value<std::string>()->value_name("DIR"),
         "where everything goes; by default a new directory in $XDG_STATE_HOME/blkhang/runs or "
         "~/.local/state/blkhang/runs")                                                                      //
        ("resume", po::bool_switch(), "go on in --out DIR; the rest of the command line as before")          //
        ("trust-kernels", po::bool_switch(), "with --resume: take a kernel from where file: or tree: says")  //
        ("json", po::bool_switch(), "print JSON instead of text");
    return command;
}

}  // namespace blkhang
