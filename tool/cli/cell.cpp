// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <fmt/format.h>

#include "base/shown.h"
#include "base/signals.h"
#include "cli/command.h"
#include "guest/run.h"
#include "matrix/cell.h"
#include "matrix/directory.h"
#include "matrix/foreign_kernel.h"
#include "profile/profile_toml.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

Result<RunRequest> cell_request(const fs::path& directory, bool trusts_kernels) {
    auto cell = Directory::open(directory).and_then(read_cell);
    if (!cell) {
        return fail(cell.error());
    }
    const fs::path file = directory / kCellFile;
    if (cell->loads_node()) {
        return fail(Error(Fault::usage, fmt::format("{}: its load belongs on a node itself", file.string()))
                        .hint("blkhang matrix --resume --on-nodes --executor slurm hands it to one"));
    }
    auto profile = parse_profile(cell->profile_toml, fmt::format("{}: profile", file.string()));
    if (!profile) {
        return fail(profile.error());
    }
    if (const auto checked = trusts_kernels ? Status{} : check_foreign_kernel(cell->pinned); !checked) {
        return fail_within(checked.error(), file.string());
    }
    auto kernel = parse_kernel_spec(cell->pinned);
    if (!kernel) {
        return fail_within(kernel.error(), file.string());
    }
    return RunRequest{std::move(*profile), cell->pinned, std::move(*kernel),
                      cell->subject.plant, directory,    std::move(cell->label)};
}

Result<ExitCode> run_cell(const Invocation& invocation) {
    const int boot_state = invocation.has("boot-state") ? invocation.values["boot-state"].as<int>() : -1;
    if (invocation.has("boot-state") && ::fcntl(boot_state, F_SETFD, FD_CLOEXEC) != 0) {
        return fail(Error(Fault::usage, fmt::format("--boot-state: {} is no open descriptor", boot_state))
                        .hint("leave it out: the guest boots then"));
    }
    auto request = cell_request(invocation.text("DIR"), invocation.flag("trust-kernels"));
    if (!request) {
        return fail(request.error());
    }
    request->boot_state = boot_state;
    catch_interrupts();
    const auto done = run_in_guest(std::move(*request), Progress::Kind::none);
    if (!done) {
        return fail(done.error());
    }
    print(shown("{}\n", to_string(done->record.verdict.value)));
    return exit_code(done->record.verdict.value);
}

}  // namespace

Command cell_command() {
    Command command{
        .name = "cell",
        .summary = "make one run of a matrix, on any machine",
        .synopsis = {"DIR", "[--trust-kernels]", "[--boot-state FD]"},
        .description = {"Reads DIR/cell.json, which `blkhang matrix` planned, runs what it describes and leaves the "
                        "record beside it. Cells need nothing from each other: a matrix can be spread over machines "
                        "by copying the directories under cells/ there and back. The kernel has to be there, too: of "
                        "file: and tree: under the same path, and then with --trust-kernels, since a cell may be "
                        "anybody's; running is whatever runs there. `blkhang matrix "
                        "--resume` then takes the records as its own."},
        .sections = {},
        .exit_status = {{"0", "clean"},
                        {"1", "hang or hazard"},
                        {"2", "DIR holds no cell, one that is damaged or of another version, or a record already"},
                        {"3", "inconclusive"},
                        {"4", "unsupported"},
                        {"5", "error: blkhang or its guest broke"}},
        .examples = {{"blkhang cell out/cells/deb-6.1_kvm-2011_stock_1", "run that cell here"}},
        .positionals = {{"DIR", true}},
        .options = {},
        .run = run_cell,
    };
    command.options.add_options()  //
        ("trust-kernels", po::bool_switch(),
         "take a kernel from where file: or tree: says; without it such a cell is refused, for a tree's own Makefile "
         "runs here")  //
        ("boot-state", po::value<int>()->value_name("FD"),
         "an open file that cells share whose guests are the same: the first leaves there what its guest is when that "
         "is "
         "ready for its load, and the others go on from it. `blkhang matrix --reuse-boots` gives it");
    return command;
}

}  // namespace blkhang
