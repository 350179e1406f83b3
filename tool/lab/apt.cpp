// SPDX-License-Identifier: GPL-2.0-only
#include "lab/apt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <deque>
#include <iterator>
#include <sstream>

#include "base/file.h"
#include "base/path_name.h"
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

/// All that apt goes by: the host's own files, which could tell it to accept what is not signed, or to call programs,
/// are not read. APT_CONFIG names this one, which is read before it looks for any of them.
std::string configuration(const fs::path& directory, const std::string& network) {
    return fmt::format(R"(Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "{0}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::trusted "/dev/null";
Dir::Etc::trustedparts "/dev/null";
Dir::State "{0}";
Dir::State::lists "{0}/lists";
Dir::State::status "{0}/status";
Dir::Cache "{0}";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Get::AllowUnauthenticated "false";
APT::Sandbox::User "root";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
{1})",
                       directory.string(), network);
}

/// A setting that says how the mirrors are reached, and no more.
bool is_about_network(std::string key) {
    static constexpr std::array<std::string_view, 7> kKeys{
        "acquire::http::proxy",   "acquire::https::proxy", "acquire::https::cainfo", "acquire::https::sslcert",
        "acquire::https::sslkey", "acquire::forceipv4",    "acquire::forceipv6"};
    std::transform(key.begin(), key.end(), key.begin(), [](unsigned char c) { return std::tolower(c); });
    return std::any_of(kKeys.begin(), kKeys.end(), [&](std::string_view known) {
        // Also proxies for one mirror (Proxy::HOST), but not the program that finds one (Proxy-Auto-Detect): apt would
        // run it, as root.
        return key.starts_with(known) && (key.size() == known.size() || key[known.size()] == ':');
    });
}

}  // namespace

Result<Mirrors> parse_mirrors(std::string_view index_targets) {
    Mirrors mirrors;
    std::istringstream lines{std::string(index_targets)};
    for (std::string line; std::getline(lines, line);) {
        // "URI RELEASE"; of a disc the URI holds its name, blanks and all.
        const auto blank = line.rfind(' ');
        if (blank == std::string::npos) {
            continue;
        }
        const std::string uri = line.substr(0, blank);
        const std::string release = line.substr(blank + 1);
        if (!is_debian_suite(release) || uri.find(' ') != std::string::npos) {
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

std::string network_settings(std::string_view dump) {
    // "Acquire::http::Proxy "http://proxy.example:3128";"
    std::string settings;
    std::istringstream lines{std::string(dump)};
    for (std::string line; std::getline(lines, line);) {
        const auto blank = line.find(' ');
        const std::string key = line.substr(0, blank);
        const bool is_whole = blank != std::string::npos && line.substr(blank).starts_with(" \"") &&
                              line.ends_with("\";") && line.size() >= blank + 4;
        const std::string value = is_whole ? line.substr(blank + 2, line.size() - blank - 4) : "";
        if (!value.empty() && is_about_network(key) && value.find_first_of("\"\\") == std::string::npos &&
            key.find_first_of("\"\\{};#") == std::string::npos) {
            settings += fmt::format("{} \"{}\";\n", key, value);
        }
    }
    return settings;
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
    if (!is_there(kKeyring)) {
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
    const auto settings = command_stdout({"apt-config", "dump"}, Deadline::after(seconds(30)));
    if (!settings) {
        return fail_within(settings.error(), "reading this host's apt configuration");
    }
    if (directory.string().find_first_of("\"\\\n") != std::string::npos) {
        return fail(Error(Fault::unsupported, fmt::format("apt cannot be told to work in {}", directory.string()))
                        .hint("set XDG_CACHE_HOME to a path without quotes and backslashes"));
    }
    for (const char* part : {"lists/partial", "archives/partial"}) {
        if (Status made = make_directories(directory / part); !made) {
            return fail(made.error());
        }
    }
    for (const auto& [name, content] : {std::pair{"sources.list", sources_list(*mirrors, suites)},
                                        std::pair{"apt.conf", configuration(directory, network_settings(*settings))},
                                        std::pair{"status", std::string()}}) {
        if (Status written = replace_file(directory / name, content); !written) {
            return fail(written.error());
        }
    }
    return Apt(directory);
}

Result<std::string> Apt::call(const std::vector<std::string>& command, Deadline deadline,
                              CommandOptions options) const {
    options.environment.push_back(fmt::format("APT_CONFIG={}", (directory_ / "apt.conf").string()));
    return command_stdout(command, deadline, options);
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
    auto done = call({"apt-get", "-q", "update", "--error-on=any"}, Deadline::after(minutes(5)));
    if (!done) {
        return fail(std::move(done.error()).within("fetching Debian's package lists").hint(kOfflineHint));
    }
    return replace_file(stamp, "");
}

Result<std::vector<PackageVersion>> Apt::versions(const std::vector<std::string>& packages) const {
    if (packages.empty()) {
        return std::vector<PackageVersion>{};
    }
    std::vector<std::string> command{"apt-cache", "-q", "madison"};
    command.insert(command.end(), packages.begin(), packages.end());
    auto output = call(command, Deadline::after(minutes(1)));
    if (!output) {
        return fail_within(output.error(), "searching the package lists");
    }
    return parse_madison(*output);
}

Result<std::vector<std::string>> Apt::names(const std::string& prefix) const {
    auto output = call({"apt-cache", "-q", "pkgnames", prefix}, Deadline::after(minutes(1)));
    if (!output) {
        return fail_within(output.error(), "searching the package lists");
    }
    std::istringstream lines(*output);
    std::vector<std::string> names(std::istream_iterator<std::string>(lines), {});
    std::erase_if(names, [](const std::string& name) { return !is_path_name(name); });
    return names;
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
        auto text = call({"apt-cache", "-q", "show", "--no-all-versions", next}, Deadline::after(minutes(1)));
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

Status Apt::fetch(const std::vector<std::string>& arguments, const std::vector<std::string>& packages,
                  const fs::path& directory) const {
    std::vector<std::string> command{"apt-get", "-q"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.insert(command.end(), packages.begin(), packages.end());
    CommandOptions options;
    options.directory = directory;
    auto done = call(command, Deadline::after(minutes(15)), std::move(options));
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
    if (Status made = make_directories(directory / "partial"); !made) {
        return made;
    }
    // Our status file is empty, so everything is missing; --download-only ends before dpkg is called.
    Status fetched = fetch({"install", "--yes", "--download-only", "--no-install-recommends", "-o",
                            fmt::format("Dir::Cache::archives={}/", directory.string())},
                           packages, directory);
    std::error_code problem;
    fs::remove_all(directory / "partial", problem);
    fs::remove(directory / "lock", problem);
    return fetched;
}

}  // namespace blkhang
