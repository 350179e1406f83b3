// SPDX-License-Identifier: GPL-2.0-only
#include "lab/apt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <iterator>
#include <sstream>

#include "base/file.h"
#include "base/process.h"
#include "lab/cache.h"

namespace blkhang {

namespace fs = std::filesystem;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr std::uint64_t kListsSpace = 200U << 20U;  // of two suites, while they are unpacked
constexpr auto kListsGoStale = std::chrono::hours(24);
constexpr const char* kKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
constexpr const char* kOfflineHint = "check the network and the mirror in /etc/apt/sources.list.d";

bool is_security(std::string_view suite) { return suite.ends_with("-security"); }

bool is_debian_suite(std::string_view release) {
    static constexpr std::array kCodenames{"bullseye", "bookworm",  "trixie",  "forky",   "sid",
                                           "stable",   "oldstable", "testing", "unstable"};
    const std::string_view codename = release.substr(0, release.find_first_of("-/"));
    return std::find(kCodenames.begin(), kCodenames.end(), codename) != kCodenames.end();
}

std::string configuration(const fs::path& directory) {
    // Given with -c, so read after the host's files: proxies and the like stay, places and hooks are ours.
    return fmt::format(R"(Dir::State "{0}";
Dir::State::lists "{0}/lists";
Dir::State::status "{0}/status";
Dir::Cache "{0}";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "{0}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
)",
                       directory.string());
}

}  // namespace

Result<Mirrors> parse_mirrors(std::string_view index_targets) {
    Mirrors mirrors;
    std::istringstream lines{std::string(index_targets)};
    std::string uri;
    std::string release;
    while (lines >> uri >> release) {
        if (!is_debian_suite(release)) {
            continue;
        }
        const bool security = is_security(release) || release.find("/updates") != std::string::npos;
        std::string& mirror = security ? mirrors.security : mirrors.archive;
        if (mirror.empty()) {
            mirror = uri;
        }
    }
    if (mirrors.archive.empty()) {
        return fail(Error(Fault::unsupported, "this host's apt has no Debian mirror to take kernels from")
                        .hint("add a Debian source to /etc/apt/sources.list.d, or use file:BZIMAGE"));
    }
    return mirrors;
}

std::string sources_list(const Mirrors& mirrors, const std::vector<std::string>& suites) {
    std::string text;
    for (const std::string& suite : suites) {
        const std::string& mirror = is_security(suite) ? mirrors.security : mirrors.archive;
        if (!mirror.empty()) {
            text += fmt::format("deb [signed-by={}] {} {} main\n", kKeyring, mirror, suite);
        }
    }
    return text;
}

Result<Apt> Apt::prepare(const fs::path& directory, const std::vector<std::string>& suites) {
    if (!fs::exists(kKeyring)) {
        return fail(Error(Fault::unsupported, fmt::format("no {} to check signatures with", kKeyring))
                        .hint("apt-get install debian-archive-keyring"));
    }
    auto targets =
        command_stdout({"apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)"}, Deadline::after(seconds(30)));
    if (!targets) {
        return fail_within(targets.error(), "reading this host's apt sources");
    }
    auto mirrors = parse_mirrors(*targets);
    if (!mirrors) {
        return fail(mirrors.error());
    }
    std::error_code problem;
    for (const char* part : {"lists/partial", "archives/partial"}) {
        fs::create_directories(directory / part, problem);
        if (problem) {
            return fail(Error::from_errno(problem.value(), fmt::format("cannot make {}", (directory / part).string())));
        }
    }
    for (const auto& [name, content] :
         {std::pair{"sources.list", sources_list(*mirrors, suites)}, std::pair{"apt.conf", configuration(directory)},
          std::pair{"status", std::string()}}) {
        if (Status written = replace_file(directory / name, content); !written) {
            return fail(written.error());
        }
    }
    return Apt(directory);
}

std::vector<std::string> Apt::command(std::string program, std::vector<std::string> arguments) const {
    std::vector<std::string> argv{std::move(program), "-q", "-c", (directory_ / "apt.conf").string()};
    argv.insert(argv.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
    return argv;
}

Status Apt::refresh(bool in_any_case) {
    const fs::path stamp = directory_ / "refreshed";
    std::error_code missing;
    const auto refreshed = fs::last_write_time(stamp, missing);
    if (!in_any_case && !missing && fs::file_time_type::clock::now() - refreshed < kListsGoStale) {
        return {};
    }
    if (Status room = ensure_space(directory_, kListsSpace); !room) {
        return room;
    }
    auto done = command_stdout(command("apt-get", {"update", "--error-on=any"}), Deadline::after(minutes(5)));
    if (!done) {
        return fail(std::move(done.error()).within("fetching Debian's package lists").hint(kOfflineHint));
    }
    return replace_file(stamp, "");
}

Result<std::vector<PackageVersion>> Apt::versions(const std::vector<std::string>& packages) const {
    if (packages.empty()) {
        return std::vector<PackageVersion>{};
    }
    std::vector<std::string> arguments{"madison"};
    arguments.insert(arguments.end(), packages.begin(), packages.end());
    auto output = command_stdout(command("apt-cache", std::move(arguments)), Deadline::after(minutes(1)));
    if (!output) {
        return fail_within(output.error(), "searching the package lists");
    }
    return parse_madison(*output);
}

Result<std::vector<std::string>> Apt::names(const std::string& prefix) const {
    auto output = command_stdout(command("apt-cache", {"pkgnames", prefix}), Deadline::after(minutes(1)));
    if (!output) {
        return fail_within(output.error(), "searching the package lists");
    }
    std::istringstream lines(*output);
    return std::vector<std::string>(std::istream_iterator<std::string>(lines), {});
}

Result<std::vector<std::string>> Apt::with_companions(const std::string& package, const std::string& version) const {
    std::vector<std::string> chosen;
    std::deque<std::string> pending{fmt::format("{}={}", package, version)};
    while (!pending.empty()) {
        const std::string next = pending.front();
        pending.pop_front();
        if (std::find(chosen.begin(), chosen.end(), next) != chosen.end()) {
            continue;
        }
        auto text =
            command_stdout(command("apt-cache", {"show", "--no-all-versions", next}), Deadline::after(minutes(1)));
        if (!text) {
            return fail_within(text.error(), fmt::format("looking up {}", next));
        }
        chosen.push_back(next);
        std::istringstream lines(*text);
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("Depends: ")) {
                const auto parts = companion_packages(std::string_view(line).substr(9));
                pending.insert(pending.end(), parts.begin(), parts.end());
            }
        }
    }
    return chosen;
}

Status Apt::fetch(std::vector<std::string> arguments, const std::vector<std::string>& packages,
                  const fs::path& directory) const {
    arguments.insert(arguments.end(), packages.begin(), packages.end());
    CommandOptions options;
    options.directory = directory;
    auto done = command_stdout(command("apt-get", std::move(arguments)), Deadline::after(minutes(15)), options);
    if (!done) {
        return fail(
            std::move(done.error()).within(fmt::format("downloading {}", fmt::join(packages, " "))).hint(kOfflineHint));
    }
    return {};
}

Status Apt::download(const std::vector<std::string>& packages, const fs::path& directory) const {
    return fetch({"download"}, packages, directory);
}

Status Apt::download_with_dependencies(const std::vector<std::string>& packages, const fs::path& directory) const {
    std::error_code problem;
    fs::create_directories(directory / "partial", problem);
    // Our status file is empty, so everything is missing; --download-only ends before dpkg is called.
    Status fetched = fetch({"install", "--yes", "--download-only", "--no-install-recommends", "-o",
                            fmt::format("Dir::Cache::archives={}/", directory.string())},
                           packages, directory);
    fs::remove_all(directory / "partial", problem);
    fs::remove(directory / "lock", problem);
    return fetched;
}

}  // namespace blkhang
