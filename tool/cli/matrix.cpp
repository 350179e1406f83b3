// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/shell.h"
#include "base/shown.h"
#include "base/signals.h"
#include "cli/command.h"
#include "cli/matrix_options.h"
#include "cli/run_options.h"
#include "guest/record_directory.h"
#include "lab/cache.h"
#include "lab/kernel_list.h"
#include "lab/known_kernels.h"
#include "matrix/foreign_kernel.h"
#include "matrix/lava.h"
#include "matrix/run.h"
#include "profile/resolve.h"
#include "publish/tester.h"
#include "record/archive.h"
#include "record/tally.h"
#include "report/compare/mail.h"
#include "report/compare/text.h"
#include "report/text/matrix.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMailFile = "mail.txt";

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
    if (auto alone = only_kernels_listed(invocation); !alone) {
        return fail(alone.error());
    }
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
    if (auto fit = only_lava(invocation); !fit) {
        return fail(fit.error());
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
    add_matrix_options(command.options);
    return command;
}

}  // namespace blkhang
