// SPDX-License-Identifier: GPL-2.0-only
#include "cli/matrix_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/names.h"
#include "base/regular_file.h"
#include "base/words.h"
#include "cli/run_options.h"
#include "lab/kernel.h"
#include "profile/resolve.h"
#include "record/files.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

/// What says which cells there are, and what says where and how they are run.
constexpr auto kWhatIsRun = std::to_array<const char*>({"FILE", "kernels", "profiles", "plants", "before", "after",
                                                        "set", "duration", "repeat", "jobs", "deadline", "calibrate"});
constexpr auto kHowItIsRun = std::to_array<const char*>(
    {"out", "resume", "trust-kernels", "on-nodes", "executor", "slurm-args", "slurm-files", "reuse-boots"});

std::string in_words(const std::string& option) { return option == "FILE" ? option : "--" + option; }

Status refuse_beside(const Invocation& invocation, const char* what, std::span<const char* const> others,
                     const char* hint) {
    for (const std::string other : others) {
        if (invocation.given(other)) {
            return fail(Error(Fault::usage, fmt::format("{} does not go with --{}", in_words(other), what)).hint(hint));
        }
    }
    return {};
}

/// Empty ones, too: a comma too many is a mistake, be it the last.
std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> items;
    for (std::size_t begin = 0; !list.empty() && begin <= list.size();) {
        const auto end = std::min(list.find(',', begin), list.size());
        items.emplace_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return items;
}

Result<MatrixRequest> request_in_file(const Invocation& invocation) {
    if (!invocation.has("FILE")) {
        return MatrixRequest{};
    }
    const std::string& file = invocation.text("FILE");
    auto text = read_regular(file, files::kLargestText);
    if (!text) {
        return fail(text.error());
    }
    return parse_request(*text, file);
}

void add_counts(const Invocation& invocation, MatrixRequest& request) {
    for (const auto& [option, count] : {std::pair{"repeat", &request.repeat}, {"jobs", &request.jobs}}) {
        if (invocation.has(option)) {
            *count = static_cast<std::uint32_t>(std::max(0, invocation.values[option].as<int>()));
        }
    }
}

/// What check_request() cannot know: profiles and kernels that are files.
Status check_files(const MatrixRequest& request) {
    if (const auto profiles = resolve_profiles(request.profiles, changes_of(request)); !profiles) {
        return fail(profiles.error());
    }
    for (const std::string& kernel : kernels_of(request)) {
        const auto found = parse_kernel_choice(kernel).and_then(
            [](const KernelChoice& each) { return check_kernel_files(each.spec); });
        if (!found) {
            return fail(found.error());
        }
    }
    return {};
}

/// "how cells are run: local (each cell in a process on this machine)".
std::string executor_choices() {
    std::vector<std::string> choices;
    for (const ExecutorKind& kind : executors()) {
        choices.push_back(fmt::format("{} ({})", kind.name, kind.help));
    }
    return fmt::format("how cells are run: {}", fmt::join(choices, ", "));
}

}  // namespace

Result<MatrixRequest> matrix_request(const Invocation& invocation) {
    auto request = request_in_file(invocation);
    if (!request) {
        return request;
    }
    if (invocation.has("kernels")) {
        request->kernels = split_kernels(invocation.text("kernels"));
    }
    if (invocation.has("profiles")) {
        request->profiles = split(invocation.text("profiles"));
    }
    if (invocation.has("plants")) {
        request->plants = split(invocation.text("plants"));
    }
    if (invocation.has("before")) {
        request->before = invocation.text("before");
    }
    if (invocation.has("after")) {
        request->after = invocation.text("after");
    }
    if (invocation.has("set")) {
        replace_sets(*request, invocation.values["set"].as<std::vector<std::string>>());
    }
    if (invocation.has("duration")) {
        request->duration = invocation.text("duration");
    }
    request->calibrate |= invocation.flag("calibrate");
    if (request->on_nodes && !invocation.flag("on-nodes")) {
        return fail(Error(Fault::usage, "on_nodes: the file wants the load on nodes themselves, which may freeze them")
                        .hint("--on-nodes allows that"));
    }
    request->on_nodes = invocation.flag("on-nodes");
    add_counts(invocation, *request);
    const auto deadline = deadline_of(invocation);
    if (!deadline) {
        return fail(deadline.error());
    }
    if (*deadline) {
        request->deadline = *deadline;
    }
    if (auto status = check_request(*request).and_then([&] { return check_files(*request); }); !status) {
        return fail(status.error());
    }
    return request;
}

Result<SlurmWishes> slurm_wishes(const Invocation& invocation) {
    SlurmWishes wishes;
    if (invocation.has("slurm-args")) {
        wishes.args = words_of(invocation.text("slurm-args"));
    }
    if (invocation.has("slurm-files")) {
        wishes.files = named<NodeFiles>(kNodeFilesWords, invocation.text("slurm-files"));
        if (!wishes.files) {
            return fail(Error(Fault::usage, fmt::format("--slurm-files: not '{}'", invocation.text("slurm-files")))
                            .hint(fmt::format("there are: {}", fmt::join(kNodeFilesWords, ", "))));
        }
    }
    if (invocation.flag("on-nodes")) {
        if (invocation.text("executor") != "slurm" || wishes.files.value_or(NodeFiles::shared) == NodeFiles::streamed) {
            return fail(Error(Fault::usage, "--on-nodes goes with --executor slurm and a directory that nodes share")
                            .hint("a node that freezes leaves its record to a job after it; for this very host: "
                                  "blkhang run PROFILE --on-this-host"));
        }
        wishes.files = NodeFiles::shared;
    }
    return wishes;
}

Status only_resume(const Invocation& invocation) {
    if (!invocation.has("out")) {
        return fail(Error(Fault::usage, "--resume needs the directory of the matrix").hint("give it with --out DIR"));
    }
    return refuse_beside(invocation, "resume", kWhatIsRun,
                         "it goes on with what was asked for: give --out and --resume only");
}

Status only_lava(const Invocation& invocation) {
    constexpr const char* kHint =
        "nothing runs here: jobs go to the directory of --export-lava, and have their load in guests";
    return refuse_beside(invocation, "export-lava", kHowItIsRun, kHint).and_then([&] {
        return refuse_beside(invocation, "export-lava", std::array{"json"}, kHint);
    });
}

Status only_kernels_listed(const Invocation& invocation) {
    constexpr const char* kHint = "nothing is run then";
    return refuse_beside(invocation, "list-kernels", kWhatIsRun, kHint).and_then([&] {
        return refuse_beside(invocation, "list-kernels", kHowItIsRun, kHint);
    });
}

void add_matrix_options(po::options_description& options) {
    options.add_options()  //
        ("kernels", po::value<std::string>()->value_name("LIST"),
         "kernels, separated by commas; each may carry a plant of its own, KERNEL,plant=NAME; the forms of KERNEL are "
         "listed by: blkhang run --help")                                                            //
        ("profiles", po::value<std::string>()->value_name("LIST"), "profiles, separated by commas")  //
        ("plants", po::value<std::string>()->value_name("LIST"),
         "bugs to plant into each kernel in turn, separated by commas; none for the stock kernel")  //
        ("repeat", po::value<int>()->value_name("N"), "runs of each combination; 1 unless given")   //
        ("jobs", po::value<int>()->value_name("N"),
         "guests at once, as far as CPUs and memory go round; 1 unless given")  //
        ("reuse-boots", po::bool_switch(),
         "boot one guest for all repeats of a cell: it leaves its state when it is ready for its load, and the others "
         "go on from there, which saves the time that a boot and probes take. They have all in common that a boot "
         "decides, as where the kernel lies. A state takes as much of the matrix's disk as the guest has of memory, "
         "while the matrix runs; not with --executor slurm")                                                    //
        ("calibrate", po::bool_switch(), "show for each stock kernel that a planted bug would be found in it")  //
        ("before", po::value<std::string>()->value_name("KERNEL"), "the kernel before a change")                //
        ("after", po::value<std::string>()->value_name("KERNEL"), "the kernel after it")                        //
        ("duration", po::value<std::string>()->value_name("TIME"),
         "length of the load in every run, without the profile's patience; see: blkhang run --help")  //
        ("set", po::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
         "change one value of every profile; may be repeated")  //
        ("deadline", po::value<std::string>()->value_name("TIME"),
         "after which a cell is given up, whatever it does; by default what its profile may take at most, and a "
         "minute")  //
        ("executor", po::value<std::string>()->value_name("NAME")->default_value(std::string(executors().front().name)),
         executor_choices().c_str())  //
        ("slurm-args", po::value<std::string>()->value_name("ARGS"),
         "with --executor slurm: options for sbatch and srun, separated by blanks, such as \"--partition=lab "
         "--constraint=kvm\"")  //
        ("slurm-files", po::value<std::string>()->value_name("HOW"),
         "with --executor slurm: how nodes get what cells need. shared: they see the matrix's directory under the same "
         "path; streamed: srun sends it to them, and their records back; auto, unless given: shared, until a node says "
         "that it does not see the directory")  //
        ("on-nodes", po::bool_switch(),
         "with --executor slurm and --kernels running: put the load on the nodes themselves, as `blkhang run "
         "--on-this-host` does, which may freeze them. Only on nodes whose owner offers that, with what he lets a load "
         "have, in /etc/blkhang/node there: an option of `blkhang run` in each line, among them --journal; they have "
         "Slurm's feature blkhang-load. A node that froze and was restarted gets a job that recovers the verdict")  //
        ("export-lava", po::value<std::string>()->value_name("DIR"),
         "run nothing, but write a job of LAVA for each cell into DIR, for its device type qemu and as a template for "
         "bare metal; what only the lab knows stands there between two '@'")  //
        ("out", po::value<std::string>()->value_name("DIR"),
         "where everything goes; by default a new directory in $XDG_STATE_HOME/blkhang/runs or "
         "~/.local/state/blkhang/runs")                                              //
        ("resume", po::bool_switch(), "go on with the matrix that --out DIR holds")  //
        ("trust-kernels", po::bool_switch(),
         "with --resume: take kernels from where file: and tree: say, whoever wrote that; a tree's own Makefile runs "
         "here")  //
        ("list-kernels", po::bool_switch(),
         "list the kernels of the catalogue instead: what is offered, what is cached, and the fingerprints of those "
         "that "
         "a run or a check has seen")  //
        ("json", po::bool_switch(), "print JSON instead of the table");
}

}  // namespace blkhang
