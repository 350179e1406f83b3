// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/names.h"
#include "base/regular_file.h"
#include "base/shell.h"
#include "base/shown.h"
#include "base/signals.h"
#include "base/words.h"
#include "cli/command.h"
#include "cli/run_options.h"
#include "guest/record_directory.h"
#include "lab/cache.h"
#include "lab/kernel.h"
#include "lab/kernel_list.h"
#include "lab/known_kernels.h"
#include "matrix/foreign_kernel.h"
#include "matrix/lava.h"
#include "matrix/run.h"
#include "profile/resolve.h"
#include "publish/tester.h"
#include "record/archive.h"
#include "record/files.h"
#include "record/tally.h"
#include "report/compare/mail.h"
#include "report/compare/text.h"
#include "report/text/matrix.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

constexpr const char* kMailFile = "mail.txt";

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> items;
    std::istringstream in(list);
    for (std::string item; std::getline(in, item, ',');) {
        items.push_back(item);
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

/// The file, if there is one, with what the options say instead. All that can be wrong with it is found here, before
/// there is a directory that holds it.
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

Status only_resume(const Invocation& invocation) {
    if (!invocation.has("out")) {
        return fail(Error(Fault::usage, "--resume needs the directory of the matrix").hint("give it with --out DIR"));
    }
    for (const char* option : {"FILE", "kernels", "profiles", "plants", "before", "after", "set", "duration", "repeat",
                               "jobs", "deadline", "calibrate"}) {
        if (invocation.given(option)) {
            return fail(Error(Fault::usage,
                              fmt::format("--resume goes on with what was asked for; {} cannot change it", option))
                            .hint("give --out and --resume only"));
        }
    }
    return {};
}

Result<MatrixDirectory> open_directory(const Invocation& invocation) {
    if (invocation.flag("resume")) {
        if (auto status = only_resume(invocation); !status) {
            return fail(status.error());
        }
        auto directory = MatrixDirectory::reopen(invocation.text("out"), invocation.flag("trust-kernels")
                                                                             ? MatrixDirectory::Kernels::trusted
                                                                             : MatrixDirectory::Kernels::foreign);
        if (directory && directory->request().on_nodes != invocation.flag("on-nodes")) {
            return fail(Error(Fault::usage,
                              fmt::format("{} is a matrix {}", directory->path().string(),
                                          directory->request().on_nodes ? "that loads nodes themselves, for which "
                                                                          "--on-nodes has to be given once more"
                                                                        : "of guests, which --on-nodes cannot change"))
                            .hint("see matrix.toml there"));
        }
        return directory;
    }
    auto request = matrix_request(invocation);
    if (!request) {
        return fail(request.error());
    }
    const auto path =
        invocation.has("out") ? Result<fs::path>(invocation.text("out")) : new_record_directory({"matrix"});
    if (!path) {
        return fail(path.error());
    }
    return MatrixDirectory::create(*path, *request);
}

Result<ExitCode> print_kernels(const Invocation& invocation) {
    const auto cache = cache_directory();
    if (!cache) {
        return fail(cache.error());
    }
    const auto kernels = known_kernels(*cache);
    if (invocation.flag("json")) {
        print(Shown::lines(to_text(kernels_json(kernels))));
    } else {
        print(Shown::lines(list_kernels(kernels)));
    }
    return ExitCode::ok;
}

/// Does it need --trust-kernels to go on?
bool has_paths(const MatrixRequest& request) {
    const auto kernels = kernels_of(request);
    return std::ranges::any_of(kernels, [](const std::string& kernel) { return !check_foreign_kernel(kernel); });
}

/// The two sides of the change that the matrix is about, and the paragraph for the mail, which stays in the directory.
Result<ExitCode> compare_sides(const Matrix& done, const MatrixDirectory& directory, const Invocation& invocation) {
    const auto before = parse_kernel_choice(directory.request().before);
    const auto after = parse_kernel_choice(directory.request().after);
    if (!before || !after) {
        return fail(before ? after.error() : before.error());
    }
    const Comparison comparison =
        compare(side_of(done, before->kernel, before->plant), side_of(done, after->kernel, after->plant));
    const std::string mail = mail_paragraph(comparison, tester());
    if (auto written = directory.directory().replace(kMailFile, mail); !written) {
        return fail(written.error());
    }
    if (!invocation.flag("json")) {
        print(shown("\n{}\n{}\n",
                    Shown::painted(render_comparison(comparison, {.colour = invocation.common.colour_out})),
                    Shown::lines(mail)));
    }
    return exit_code(comparison.outcome);
}

/// The jobs of a lab instead of runs here.
Result<ExitCode> print_lava(const Invocation& invocation) {
    for (const char* other :
         {"out", "resume", "on-nodes", "executor", "slurm-args", "slurm-files", "reuse-boots", "json"}) {
        if (invocation.given(other)) {
            return fail(Error(Fault::usage, fmt::format("--{} does not go with --export-lava", other))
                            .hint("nothing runs here: jobs go to the directory of --export-lava, and have their load "
                                  "in guests"));
        }
    }
    const auto request = matrix_request(invocation);
    const auto profiles = request ? resolve_profiles(request->profiles, changes_of(*request)) : fail(request.error());
    if (!profiles) {
        return fail(profiles.error());
    }
    const fs::path directory = invocation.text("export-lava");
    const auto count = export_lava(*request, *profiles, directory);
    if (!count) {
        return fail(count.error());
    }
    print(shown("{} cell{}, a job for each device, in {}\n", *count, *count == 1 ? "" : "s", directory.string()));
    return ExitCode::ok;
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

Result<ExitCode> matrix(const Invocation& invocation) {
    catch_interrupts();
    if (invocation.flag("list-kernels")) {
        return print_kernels(invocation);
    }
    if (invocation.has("export-lava")) {
        return print_lava(invocation);
    }
    const auto kind = find_executor(invocation.text("executor"));
    if (!kind) {
        return fail(kind.error());
    }
    if (invocation.flag("reuse-boots") && !(*kind)->reuses_boots) {
        return fail(Error(Fault::usage, fmt::format("--reuse-boots does not go with --executor {}", (*kind)->name))
                        .hint("leave one of them out: cells of a cluster share no guest"));
    }
    const auto slurm = slurm_wishes(invocation);
    if (!slurm) {
        return fail(slurm.error());
    }
    if (auto had = (*kind)->check(*slurm); !had) {
        return fail(had.error());
    }
    const auto directory = open_directory(invocation);
    if (!directory) {
        return fail(directory.error());
    }
    const auto executor =
        (*kind)->make({fs::absolute(directory->path()).lexically_normal(), *slurm, invocation.flag("reuse-boots")});
    if (!executor) {
        return fail(executor.error());
    }
    const auto done = run_matrix(*directory, **executor, progress_kind(invocation.common));
    if (!done) {
        return fail(done.error());
    }
    if (invocation.flag("json")) {
        print(Shown::lines(encode(*done)));
    } else {
        print(shown("{}\nmatrix: {}\n", Shown::painted(render_matrix(*done, {.colour = invocation.common.colour_out})),
                    directory->path().string()));
    }
    if (done->cells.size() < done->planned) {
        return fail(
            Error(Fault::broken, fmt::format("interrupted, {} of {} cells are done", done->cells.size(), done->planned))
                .hint(fmt::format("go on with: blkhang matrix --resume{} --out {}",
                                  has_paths(directory->request()) ? " --trust-kernels" : "",
                                  shell_quoted(directory->path().string()))));
    }
    if (!directory->request().before.empty()) {
        return compare_sides(*done, *directory, invocation);
    }
    return exit_code(overall(tally(*done)));
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

Command matrix_command() {
    Command command{
        .name = "matrix",
        .summary = "run profiles on many kernels and compare the verdicts",
        .synopsis = {"[FILE.toml]", "[--kernels A,B]", "[--profiles P,Q]", "[--plants none,NAME]", "[--repeat N]",
                     "[--jobs N]", "[--reuse-boots]", "[--duration TIME]", "[--set KEY=VALUE]...", "[--deadline TIME]",
                     "[--calibrate]", "[--before KERNEL --after KERNEL]", "[--executor NAME [--slurm-args ARGS]",
                     "[--slurm-files HOW] [--on-nodes]]", "[--out DIR]", "[--resume [--trust-kernels]]",
                     "[--export-lava DIR]", "[--list-kernels]", "[--json]"},
        .description =
            {"Runs every combination of the kernels, profiles and plants, each as often as --repeat says, and prints "
             "what they came to: verdict, how many runs failed, and between which bounds the failure rate lies with "
             "95% confidence. The runs take turns, so that a change in the machine's mood touches all alike.",
             "Every cell is a run of its own, in a process of its own, with a deadline of its own: one that breaks "
             "leaves the others alone. A kernel is resolved once: all cells of a Debian series boot the same "
             "version (files and trees are read by each cell: leave them alone meanwhile). After any end, also kill -9 "
             "and power failure, --resume runs what has no record yet, and only that. A directory may be anybody's: "
             "where "
             "its kernels lie under paths (file:, tree:), it is refused unless you give --trust-kernels.",
             "--calibrate accompanies each stock kernel by the same kernel with a bug of the profile's kind planted in "
             "it. Where "
             "that is not found, a clean verdict means nothing and becomes inconclusive: not calibrated.",
             "--before and --after instead of --kernels compare two kernels, for example without and with a patch. The "
             "output ends in a paragraph for a mail."},
        .sections = {{"MATRIX FILE",
                      {{"kernels, profiles, plants, set", "lists of texts, as --kernels, --profiles, --plants, --set"},
                       {"before, after", "a KERNEL each, instead of kernels"},
                       {"repeat, jobs", "numbers"},
                       {"calibrate, on_nodes", "true or false"},
                       {"duration, deadline", "a text such as \"90s\" each"}}},
                     {"THE DIRECTORY",
                      {{"matrix.toml", "what was asked for"},
                       {"cells/ID/", "cell.json, cell.log and the record of a run; see: blkhang cell --help"},
                       {"mail.txt", "with --before and --after: the paragraph for a mail"},
                       {"matrix.json", "the results, for other programs (schema: reports/matrix.schema.json)"}}}},
        .exit_status = {{"0", "all clean; with --before and --after: the change is good, as `blkhang compare` sees it"},
                        {"1",
                         "a run was called hang or hazard, even if another broke; with --before and --after: AFTER "
                         "fails"},
                        {"2", "the command line or FILE makes no sense, or DIR is in use or holds another matrix"},
                        {"3",
                         "the worst verdict is inconclusive (not calibrated counts as such); with --before and "
                         "--after: nothing is shown about the change"},
                        {"4", "the worst verdict is unsupported"},
                        {"5", "blkhang itself broke, or a cell did and none failed, or the matrix was interrupted"}},
        .examples = {{"blkhang matrix --kernels running --profiles elv-bfq,iocost-enable",
                      "and elv-switch: does the kernel that runs here hang, in a guest, when something about the disk "
                      "that holds the "
                      "swap is changed?"},
                     {"blkhang matrix --kernels deb:6.1,deb:7.3 --profiles kvm-2011 --calibrate",
                      "are these kernels free of the hang of 2011, and would it have been seen?"},
                     {"blkhang matrix --before deb:7.2 --after tree:linux --profiles elv-bfq",
                      "with --repeat 10: does the patched kernel do better, and is that no accident?"},
                     {"blkhang matrix --resume --out DIR", "go on where a matrix was cut short"}},
        .positionals = {{"FILE", false}},
        .options = {},
        .run = matrix,
    };
    command.options.add_options()  //
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
         "go on "
         "from there, which saves the time that a boot and probes take. They have all in common that a boot decides, "
         "as "
         "where the kernel lies. A state takes as much of the matrix's disk as the guest has of memory, while the "
         "matrix "
         "runs; not with --executor slurm")                                                                     //
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
    return command;
}

}  // namespace blkhang
