// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/fd.h"
#include "base/number.h"
#include "base/process.h"
#include "base/program.h"
#include "base/words.h"

namespace blkhang::slurm {
namespace {

constexpr auto kPatience = std::chrono::seconds(60);
constexpr std::uint32_t kMinutesAway = 60;         // that a node may be which has to come back
constexpr std::size_t kQuoted = 80;                // bytes of what makes no sense
constexpr std::uint32_t kMostIndices = 4'000'000;  // Slurm's own limit of MaxArraySize

/// States in which a job is over (squeue(1), JOB STATE CODES).
constexpr auto kOver =
    std::to_array<std::string_view>({"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL",
                                     "OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT"});

Result<std::string> ask(const std::vector<std::string>& command, const std::string& input = {}) {
    CommandOptions options;
    options.input = input;
    auto said = command_stdout(command, Deadline::after(kPatience), options);
    return said ? std::move(said) : fail_within(std::move(said.error()), "Slurm");
}

/// The value of "Key=VALUE" in a line of such.
std::string value_in(std::string_view line, std::string_view key) {
    for (const std::string& word : words_of(line)) {
        if (word.size() > key.size() && word.starts_with(key) && word[key.size()] == '=') {
            return word.substr(key.size() + 1);
        }
    }
    return {};
}

/// Of what sbatch says, the line that tells most; the first where none is known to.
std::string cause_in(std::string_view said) {
    static constexpr auto kTelling =
        std::to_array<std::string_view>({"Munge encode failed", "Munge decode failed", "fatal: "});
    const auto lines = parts_of(said, '\n');
    const auto found = std::ranges::find_if(lines, [](const std::string& line) {
        return std::ranges::any_of(kTelling,
                                   [&](std::string_view words) { return line.find(words) != std::string::npos; });
    });
    std::string cause = lines.empty() ? "it does not say why" : stripped(found == lines.end() ? lines.front() : *found);
    for (const std::string_view prefix : {"sbatch: ", "error: ", "fatal: "}) {
        if (cause.starts_with(prefix)) {
            cause = cause.substr(prefix.size());
        }
    }
    return cause;
}

std::vector<std::string> options_of(const Terms& terms) {
    std::vector<std::string> options{
        fmt::format("--job-name={}", terms.name), fmt::format("--comment={}", terms.comment),
        fmt::format("--time={}", terms.minutes), fmt::format("--mem={}M", terms.whole_node ? 0 : terms.memory_mib),
        // Of ours only the script's arguments say where it is.
        "--chdir=/"};
    if (terms.whole_node) {
        options.insert(options.end(), {"--exclusive", fmt::format("--constraint={}", kLoadFeature)});
    }
    if (!terms.only_on.empty()) {
        options.push_back(fmt::format("--nodelist={}", terms.only_on));
        options.push_back(fmt::format("--deadline=now+{}minutes", terms.minutes + kMinutesAway));
    }
    if (!terms.not_on.empty()) {
        options.push_back(fmt::format("--exclude={}", fmt::join(terms.not_on, ",")));
    }
    options.insert(options.end(), terms.extra.begin(), terms.extra.end());
    return options;
}

std::string number_of(std::uint64_t job, std::optional<std::uint32_t> index) {
    return index ? fmt::format("{}_{}", job, *index) : std::to_string(job);
}

/// $1: out, $2: err, $3 and $4: what is fed; then the command.
constexpr std::string_view kFeed = R"(out=$1 err=$2 first=$3 second=$4
shift 4
cat "$first" "$second" | "$@" >"$out" 2>"$err" || echo "srun ended with status $?" >>"$err"
)";

}  // namespace

std::vector<std::uint32_t> parse_indices(std::string_view text) {
    std::vector<std::uint32_t> indices;
    text = text.substr(0, text.find('%'));
    for (const std::string& part : parts_of(text, ',')) {
        const auto dash = part.find('-');
        const auto colon = part.find(':');
        const auto first = number_in<std::uint32_t>(std::string_view(part).substr(0, dash));
        const auto last = dash == std::string::npos
                              ? first
                              : number_in<std::uint32_t>(std::string_view(part).substr(dash + 1, colon - dash - 1));
        const auto step = colon == std::string::npos
                              ? std::optional(1U)
                              : number_in<std::uint32_t>(std::string_view(part).substr(colon + 1));
        if (!first || !last || !step || *step == 0 || *last >= kMostIndices) {
            continue;
        }
        for (std::uint64_t index = *first; index <= *last && indices.size() < kMostIndices; index += *step) {
            indices.push_back(static_cast<std::uint32_t>(index));
        }
    }
    return indices;
}

std::set<Task> parse_active(std::string_view squeue) {
    std::set<Task> tasks;
    for (const std::string& line : parts_of(squeue, '\n')) {
        const auto bar = line.find('|');
        if (bar == std::string::npos) {
            continue;
        }
        for (const std::uint32_t index : parse_indices(std::string_view(line).substr(0, bar))) {
            if (tasks.size() == kMostIndices) {
                return tasks;
            }
            tasks.insert({line.substr(bar + 1), index});
        }
    }
    return tasks;
}

End parse_end(std::string_view scontrol) {
    End end;
    end.state = value_in(scontrol, "JobState");
    end.node = value_in(scontrol, "BatchHost");
    const std::string code = value_in(scontrol, "ExitCode");
    end.exit_code = number_in<int>(std::string_view(code).substr(0, code.find(':'))).value_or(0);
    return end;
}

Result<std::uint64_t> submit(const Array& array) {
    std::vector<std::string> command{"sbatch", "--parsable",
                                     "--no-requeue",  // who tries again is asked first how it ended
                                     "--output=/dev/null", fmt::format("--array=0-{}", array.tasks - 1)};
    const auto options = options_of(array.terms);
    command.insert(command.end(), options.begin(), options.end());
    // The script comes in on standard input, behind which its arguments stand.
    command.emplace_back("/dev/stdin");
    command.insert(command.end(), array.arguments.begin(), array.arguments.end());
    const auto said = ask(command, array.script);
    if (!said) {
        return fail(said.error());
    }
    // "JOB" or "JOB;CLUSTER".
    const std::string word = stripped(*said);
    const auto job = number_in<std::uint64_t>(std::string_view(word).substr(0, word.find(';')));
    return job ? Result<std::uint64_t>(*job)
               : fail(Fault::broken, fmt::format("sbatch said '{}', no job's number", word.substr(0, kQuoted)));
}

Result<Child> start(const Streamed& job) {
    // Were its parent not to wait, it would be ended with that one's group before it has left that.
    std::vector<std::string> command{"setsid", "--fork", "--wait", "sh", "-c", std::string(kFeed), "blkhang",
                                     job.out.string(), job.err.string(), job.first.string(), job.second.string(),
                                     // Called in a job, srun would take that one's node.
                                     "env", "--unset=SLURM_JOB_ID", "--unset=SLURM_JOBID", "srun", "--nodes=1",
                                     "--ntasks=1", "--mpi=none", "--quiet"};
    const auto options = options_of(job.terms);
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), {"sh", "-c", job.script, "blkhang"});
    command.insert(command.end(), job.arguments.begin(), job.arguments.end());
    const Fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    constexpr int kKept = 9;  // above what a shell's own redirections use
    return Child::spawn(command,
                        {{nothing.get(), STDOUT_FILENO}, {nothing.get(), STDERR_FILENO}, {job.kept_open, kKept}});
}

bool is_passing(const Error& error) {
    constexpr auto kPassing = std::to_array<std::string_view>({"temporarily", "timed out", "Unable to contact"});
    const std::string message = error.message();
    return std::ranges::any_of(kPassing,
                               [&](std::string_view words) { return message.find(words) != std::string::npos; });
}

Status try_options(const std::vector<std::string>& extra) {
    if (!find_program("sbatch")) {
        return fail(Error(Fault::usage, "there is no Slurm here: no sbatch in PATH")
                        .hint("--executor slurm needs Slurm's commands and a cluster; local needs neither"));
    }
    std::vector<std::string> command{"sbatch", "--test-only", "--output=/dev/null"};
    command.insert(command.end(), extra.begin(), extra.end());
    command.emplace_back("--wrap=true");
    const auto tried = run_command(command, Deadline::after(kPatience));
    if (!tried) {
        return fail(tried.error());
    }
    if (tried->exit_code == 0) {
        return {};
    }
    return fail(Error(Fault::usage, fmt::format("Slurm takes no jobs from here: {}", cause_in(tried->err)))
                    .hint("see --slurm-args, and whether sinfo answers (slurmctld, munge)"));
}

Result<std::set<Task>> active(const std::string& name) {
    return ask({"squeue", "--noheader", "--name", name, "--format=%K|%k"}).map([](const std::string& said) {
        return parse_active(said);
    });
}

Result<End> end_of(std::uint64_t job, std::optional<std::uint32_t> index) {
    const auto said =
        run_command({"scontrol", "--oneliner", "show", "job", number_of(job, index)}, Deadline::after(kPatience));
    if (!said) {
        return fail_within(said.error(), "Slurm");
    }
    if (said->exit_code != 0 && said->err.find("Invalid job id") == std::string::npos) {
        return fail(Fault::broken, fmt::format("Slurm: scontrol: {}", stripped(said->err)));
    }
    return parse_end(said->out);
}

bool is_over(const End& end) { return std::ranges::find(kOver, end.state) != kOver.end(); }

Status cancel(const std::string& name, bool at_once) {
    std::vector<std::string> command{"scancel", "--name", name};
    if (at_once) {
        command.insert(command.end(), {"--signal=KILL", "--full"});
    }
    return ask(command).map([](const std::string&) {});
}

Result<std::map<std::uint64_t, std::string>> jobs_of(const std::string& name) {
    const auto said = ask({"squeue", "--noheader", "--name", name, "--format=%A|%k"});
    if (!said) {
        return fail(said.error());
    }
    std::map<std::uint64_t, std::string> jobs;
    for (const std::string& line : parts_of(*said, '\n')) {
        const auto bar = line.find('|');
        const auto job = number_in<std::uint64_t>(stripped(line.substr(0, bar)));
        if (job && bar != std::string::npos) {
            jobs[*job] = line.substr(bar + 1);
        }
    }
    return jobs;
}

Status cancel(std::uint64_t job, std::optional<std::uint32_t> index) {
    return ask({"scancel", number_of(job, index)}).map([](const std::string&) {});
}

Result<std::uint32_t> largest_array() {
    const auto said = ask({"scontrol", "show", "config"});
    if (!said) {
        return fail(said.error());
    }
    for (const std::string& line : parts_of(*said, '\n')) {
        if (line.starts_with("MaxArraySize")) {
            return number_in<std::uint32_t>(stripped(line.substr(line.find('=') + 1))).value_or(1);
        }
    }
    return fail(Fault::broken, "Slurm: scontrol names no MaxArraySize");
}

}  // namespace blkhang::slurm
