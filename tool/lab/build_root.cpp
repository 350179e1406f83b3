// SPDX-License-Identifier: GPL-2.0-only
#include "lab/build_root.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <charconv>

#include "base/fd.h"
#include "base/file.h"
#include "base/process.h"
#include "lab/apt.h"
#include "lab/deb_tree.h"

namespace blkhang {

namespace fs = std::filesystem;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr const char* kInside = "/build";

int leading_int(std::string_view text) {
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// Debian's headers put a wrapper before each of these; the program behind it is what has to run.
std::optional<std::string> program_that_fails(const fs::path& build_tree) {
    for (const char* name : {"tools/objtool/objtool", "tools/objtool/objtool.real-x86", "scripts/mod/modpost",
                             "scripts/mod/modpost.real-lsb-64"}) {
        const fs::path program = build_tree / name;
        if (!is_there(program)) {
            continue;
        }
        // Without arguments each complains and ends; one that does not even get there names the loader's trouble.
        const auto tried = run_command({program.string()}, Deadline::after(seconds(10)));
        if (!tried) {
            return tried.error().message();
        }
        for (const char* trouble : {"not found (required by", "error while loading shared libraries"}) {
            if (tried->err.find(trouble) != std::string::npos) {
                return fmt::format("{} does not run here: {}", name, tried->err.substr(0, tried->err.find('\n')));
            }
        }
    }
    return std::nullopt;
}

/// The shell tools that kbuild calls, beside make and the compiler. libelf is objtool's.
std::vector<std::string> packages(const std::string& compiler) {
    return {compiler, "make", "base-files", "coreutils", "dash", "findutils", "grep", "sed", "mawk", "libelf1t64"};
}

Status finish_root(const fs::path& root) {
    std::error_code problem;
    // What maintainer scripts would do: nothing but awk's alternative is missed.
    fs::create_symlink("mawk", root / "usr/bin/awk", problem);
    for (const char* virtual_tree : {"dev", "proc"}) {
        fs::remove_all(root / virtual_tree, problem);
        fs::create_directory_symlink(fs::path(kInside) / virtual_tree, root / virtual_tree, problem);
        if (problem) {
            return fail(Error::from_errno(problem.value(), "completing the build root"));
        }
    }
    for (const char* weight : {"usr/share/doc", "usr/share/locale", "usr/share/man", "usr/share/info"}) {
        fs::remove_all(root / weight, problem);
    }
    return {};
}

Status fetch_root(const fs::path& cache, const std::string& suite, const std::string& compiler, const fs::path& root) {
    auto apt = Apt::prepare(cache / "apt" / content_key(suite), {suite});
    if (!apt) {
        return fail(apt.error());
    }
    (void)make_directories(root.parent_path());
    if (Status fresh = apt->refresh(false); !fresh) {
        return fresh;
    }
    return fetch_deb_tree(
        *apt,
        [&](const Apt& from, const fs::path& directory) {
            return from.download_with_dependencies(packages(compiler), directory);
        },
        root, finish_root);
}

/// Where the kernel's package lies now. One from the cache of a kernel that is gone from the mirror goes by its
/// version's first suite.
std::string suite_of(const DebOrigin& origin) {
    return base_suite(origin.suite.empty() ? origin.suites.front() : origin.suite);
}

Status copy_links(const fs::path& from, const fs::path& to) {
    std::error_code problem;
    (void)make_directories(to.parent_path());
    fs::copy(from, to,
             fs::copy_options::recursive | fs::copy_options::copy_symlinks | fs::copy_options::create_hard_links,
             problem);
    if (problem) {
        return fail(Error::from_errno(problem.value(), fmt::format("linking {} into the build root", from.string())));
    }
    return {};
}

/// The topmost part of `path` that `root` lacks; all of it if it lacks nothing.
fs::path first_missing(const fs::path& root, const fs::path& path) {
    fs::path at = root;
    for (const fs::path& part : path) {
        at /= part;
        if (!is_there(at)) {
            break;
        }
    }
    return at;
}

}  // namespace

int configured_gcc(std::string_view config) {
    constexpr std::string_view kKey = "CONFIG_GCC_VERSION=";
    const auto at = config.find(kKey);
    return at == std::string_view::npos ? 0 : leading_int(config.substr(at + kKey.size())) / 10000;
}

std::string base_suite(std::string_view suite) { return std::string(suite.substr(0, suite.find('-'))); }

std::optional<std::string> why_not_here(const fs::path& build_tree) {
    const int wanted = configured_gcc(read_file(build_tree / ".config").value_or(""));
    const auto version = command_stdout({"gcc", "-dumpversion"}, Deadline::after(seconds(10)));
    if (!version) {
        return version.error().message();
    }
    if (leading_int(*version) < wanted) {
        return fmt::format("gcc {} is older than the kernel's gcc {}", leading_int(*version), wanted);
    }
    return program_that_fails(build_tree);
}

Result<BuildRoot> BuildRoot::obtain(const fs::path& cache, const Kernel& kernel) {
    const std::string suite = suite_of(*kernel.origin);
    const int gcc = configured_gcc(read_file(kernel.build_tree / ".config").value_or(""));
    const std::string compiler = gcc == 0 ? "gcc" : fmt::format("gcc-{}", gcc);
    const fs::path root = cache / "roots" / fmt::format("{}_{}", suite, compiler);
    std::error_code problem;
    (void)make_directories(root.parent_path());
    fs::path lock_file = root;
    lock_file += ".lock";
    auto lock = FileLock::acquire(lock_file, Deadline::after(minutes(20)));
    if (!lock) {
        return fail(lock.error());
    }
    BuildRoot made(std::move(*lock), root, compiler);
    fs::remove_all(made.scratch(), problem);
    if (!deb_tree_is_whole(root)) {
        spdlog::info("fetching {} and make of {} (70 MiB)", compiler, suite);
        if (Status fetched = fetch_root(cache, suite, compiler, root); !fetched) {
            return fail_within(fetched.error(), fmt::format("making a build root of {}", suite));
        }
    }
    return made;
}

/// The command that goes before make's: chroot, with what kbuild and objtool read of /dev and /proc.
Result<std::vector<std::string>> BuildRoot::entering() const {
    // objtool wants to know where its stack is, should it ever have to explain a crash of its own: any answer will do.
    const fs::path maps = scratch() / "proc/self/maps";
    (void)make_directories(maps.parent_path());
    auto ours = read_file("/proc/self/maps");
    if (Status written = ours ? write_file(maps, *ours) : fail(ours.error()); !written) {
        return fail(written.error());
    }
    const fs::path null = scratch() / "dev/null";
    (void)make_directories(null.parent_path());
    if (::mknod(null.c_str(), S_IFCHR | 0666, ::makedev(1, 3)) == 0 &&
        Fd(::open(null.c_str(), O_RDWR | O_CLOEXEC)).valid()) {
        return std::vector<std::string>{"chroot", root_.string()};
    }
    // Not root, or a file system that wants no devices: a namespace of our own, where we may mount ours.
    std::error_code none;
    fs::remove(null, none);
    if (Status made = write_file(null, ""); !made) {
        return fail(made.error());
    }
    return std::vector<std::string>{"unshare",     "--map-root-user",
                                    "--mount",     "sh",
                                    "-ec",         R"(mount --bind /dev/null "$1"; shift; exec chroot "$@")",
                                    "sh",          null.string(),
                                    root_.string()};
}

Result<std::string> BuildRoot::make(const fs::path& build_tree, const fs::path& module,
                                    const std::vector<std::string>& arguments, const std::string& product) const {
    // Headers know their own path: TREE/usr/src/linux-headers-RELEASE. It leads to a copy inside as well.
    const fs::path headers = build_tree.parent_path().parent_path().parent_path();
    const fs::path inside = root_ / headers.relative_path();
    const fs::path added = first_missing(root_, headers.relative_path());
    (void)make_directories(inside.parent_path());
    std::error_code problem;
    fs::remove(inside, problem);
    fs::create_directory_symlink(fs::path(kInside) / "headers", inside, problem);
    if (problem) {
        return fail(Error::from_errno(problem.value(), fmt::format("linking {}", inside.string())));
    }
    (void)make_directories(scratch() / "tmp");
    fs::copy(module, scratch() / "module", fs::copy_options::recursive, problem);
    if (problem) {
        return fail(Error::from_errno(problem.value(), "copying the module into the build root"));
    }
    if (Status linked = copy_links(headers, scratch() / "headers"); !linked) {
        return fail(linked.error());
    }
    auto argv = entering();
    if (!argv) {
        return fail(argv.error());
    }
    for (const std::string& word :
         {std::string("/usr/bin/env"), std::string("-i"), std::string("PATH=/usr/sbin:/usr/bin"),
          std::string("TMPDIR=/build/tmp"), std::string("make"), std::string("-s"), std::string("-C"),
          build_tree.string(), std::string("M=/build/module"), "CC=" + compiler_}) {
        argv->push_back(word);
    }
    argv->insert(argv->end(), arguments.begin(), arguments.end());
    auto done = command_stdout(*argv, Deadline::after(minutes(5)));
    auto result = done ? read_file(scratch() / "module" / product) : done;
    fs::remove_all(scratch(), problem);
    fs::remove_all(added, problem);  // so that the tree is again as its seal says
    if (!result) {
        return fail(std::move(result.error())
                        .within(fmt::format("in {}", root_.string()))
                        .hint("remove that directory to have it fetched anew"));
    }
    return result;
}

}  // namespace blkhang
