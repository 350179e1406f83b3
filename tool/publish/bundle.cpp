// SPDX-License-Identifier: GPL-2.0-only
#include "publish/bundle.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "base/directory.h"
#include "base/sizes.h"
#include "base/utc.h"
#include "matrix/directory.h"
#include "publish/scrub/pseudonyms.h"
#include "publish/tar_zst.h"
#include "record/files.h"
#include "record/json.h"
#include "record/matrix.h"
#include "record/record.h"
#include "report/repro/reproducer.h"
#include "report/text/matrix.h"
#include "report/text/record.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".tar.zst";
/// Bytes of all files that go into one. A thousand runs have about half of it.
constexpr std::uint64_t kLargestBundle = std::uint64_t{1} << 30U;

bool is_json(const std::string& path) { return path.ends_with(".json"); }
bool is_ndjson(const std::string& path) { return path.ends_with(".ndjson"); }

/// The lines of a text, each with its newline.
template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        visit(text.substr(0, end));
        text.remove_prefix(end);
    }
}

/// Takes identities out of files, by what kind of file it is.
class Scrubber {
public:
    /// Of this machine and whoever is logged in. Last, so that they do not change what others are called.
    void learn_own_names() {
        constexpr std::size_t kLongestName = 256;
        std::array<char, kLongestName> host{};
        if (::gethostname(host.data(), host.size() - 1) == 0) {
            names_.learn_host(host.data());
        }
        for (const char* variable : {"USER", "LOGNAME", "SUDO_USER"}) {
            if (const char* user = std::getenv(variable); user != nullptr && *user != '\0') {
                names_.learn_user(user);
            }
        }
    }

    /// From what has no lines to be read one by one.
    void learn(const std::string& name, std::string_view content) {
        if (is_json(name)) {
            learn_json(content);
        } else {
            names_.learn_text(content);
        }
    }
    /// From a line of a stream.
    void learn_line(std::string_view line) { learn_json(line); }

    std::string scrubbed(const std::string& name, const std::string& content) {
        if (is_json(name)) {
            constexpr int kIndent = 2;
            return scrubbed_json(content, kIndent);
        }
        if (is_ndjson(name)) {
            std::string lines;
            for_each_line(content, [&](std::string_view line) { lines += scrubbed_json(line, -1); });
            return lines;
        }
        return names_.in_text(content);
    }
    std::string scrubbed_path(const std::string& path) { return names_.in_text(path); }

private:
    /// What is damaged is text.
    void learn_json(std::string_view text) {
        const Json json = parse_json(text);
        if (json.is_discarded()) {
            names_.learn_text(text);
        } else {
            names_.learn_json(json);
        }
    }
    /// Byte for byte as it was where there is nothing to replace.
    std::string scrubbed_json(std::string_view text, int indent) {
        Json json = parse_json(text);
        if (json.is_discarded()) {
            return names_.in_text(text);
        }
        return names_.in_json(json) ? json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n"
                                    : std::string(text);
    }

    Pseudonyms names_;
};

/// A file of the directory that is packed.
struct File {
    std::string path;  ///< in there
    std::size_t largest;
};

/// What of a directory goes into a bundle. The files themselves are read when their turn comes, one at a time: a matrix
/// may have thousands.
struct Content {
    std::string name;  ///< of the directory that it unpacks into
    std::time_t started = 0;
    std::vector<File> files;
    std::uint64_t size = 0;  ///< of all files
};

/// Adds the file if it is there.
Status add_file(const Directory& directory, const fs::path& path, std::size_t largest, Content& content) {
    if (!directory.has(path)) {
        return {};
    }
    const auto size = directory.size(path, largest);
    if (!size) {
        return fail(size.error());
    }
    content.files.push_back({path.string(), largest});
    content.size += *size;
    return {};
}

Status add_run(const Directory& directory, const fs::path& below, Content& content) {
    for (const auto& file : files::kOfARun) {
        if (auto added = add_file(directory, below / file.name, file.largest, content); !added) {
            return added;
        }
    }
    return add_file(directory, below / kCellFile, kLargestCell, content);
}

std::string config_text(const Record& record) {
    std::string text = "# The options that matter to the profile; the whole configuration was not recorded.\n";
    for (const auto& [option, value] : record.kernel.config) {
        text += value == "n" ? fmt::format("# {} is not set\n", option) : fmt::format("{}={}\n", option, value);
    }
    return text;
}

std::time_t seconds_of(const std::string& utc) { return std::max<std::time_t>(seconds_of_utc(utc).value_or(0), 0); }

Result<Content> content_of_run(const Directory& directory) {
    const auto record = read_record(directory);
    if (!record) {
        return fail(record.error());
    }
    Content content{"blkhang-record", seconds_of(record->run.started.value_or("")), {}};
    if (auto added = add_run(directory, "", content); !added) {
        return fail(added.error());
    }
    if (!directory.has(files::kProfile)) {
        return fail(Error(Fault::usage, fmt::format("{} lacks {}", directory.path().string(), files::kProfile))
                        .hint("without it the run cannot be made again; a record is the whole directory of a run"));
    }
    return content;
}

Result<Content> content_of_matrix(const Directory& directory) {
    const auto matrix = read_matrix(directory);
    if (!matrix) {
        return fail(matrix.error());
    }
    Content content{"blkhang-matrix", seconds_of(matrix->started), {}};
    for (const auto& [name, largest] :
         {std::pair{files::kMatrix, files::kLargestMatrix}, {files::kMatrixRequest, files::kLargestText}}) {
        if (auto added = add_file(directory, name, largest, content); !added) {
            return fail(added.error());
        }
    }
    if (!directory.has(files::kMatrixRequest)) {
        return fail(Fault::usage, fmt::format("{} lacks {}: the matrix cannot be made again", directory.path().string(),
                                              files::kMatrixRequest));
    }
    for (const CellResult& cell : matrix->cells) {
        const fs::path below = fs::path(files::kCells) / cell.id;
        if (!directory.has(below)) {
            continue;  // it never got as far as a directory
        }
        if (auto added = add_run(directory, below, content); !added) {
            return fail(added.error());
        }
    }
    return content;
}

Status check_size(const Content& content, const fs::path& directory, bool is_matrix) {
    if (content.size <= kLargestBundle) {
        return {};
    }
    return fail(Error(Fault::usage, fmt::format("{}: its files have {}MiB together, and a bundle takes {}",
                                                directory.string(), content.size >> 20U, format_size(kLargestBundle)))
                    .hint(is_matrix ? "bundle the runs that matter, each from its directory below cells/"
                                    : "no run leaves so much; look at what the files hold"));
}

/// Makes the members of a bundle.
class Packer {
public:
    Packer(const Directory& directory, Content content, bool keep_identity)
        : directory_(directory), content_(std::move(content)), keep_identity_(keep_identity) {}

    /// First of all files, since a name may be announced in the last one only.
    Status learn() {
        if (keep_identity_) {
            return {};
        }
        for (const File& file : content_.files) {
            Status learnt;
            if (is_ndjson(file.path)) {
                learnt = directory_.each_line(file.path, file.largest,
                                              [&](std::string_view line) { scrubber_.learn_line(line); });
            } else {
                learnt = directory_.read(file.path, file.largest).map([&](const std::string& content) {
                    scrubber_.learn(file.path, content);
                });
            }
            if (!learnt) {
                return learnt;
            }
        }
        scrubber_.learn_own_names();
        return {};
    }

    /// As others will see it.
    Result<std::string> content_of(const File& file) {
        auto content = directory_.read(file.path, file.largest);
        return content && !keep_identity_ ? scrubber_.scrubbed(file.path, *content) : content;
    }
    Result<std::string> content_of(std::string_view path) {
        return content_of(*std::find_if(content_.files.begin(), content_.files.end(),
                                        [&](const File& file) { return file.path == path; }));
    }

    [[nodiscard]] bool holds(std::string_view path) const {
        return std::ranges::find(content_.files, path, &File::path) != content_.files.end();
    }

    void add(std::string_view path, std::string content, bool executable = false) {
        members_.push_back({fmt::format("{}/{}", content_.name, path),
                            [content = std::move(content)]() -> Result<std::string> { return content; }, executable});
    }

    Status write(const fs::path& to) {
        for (const File& file : content_.files) {
            const std::string path = keep_identity_ ? file.path : scrubber_.scrubbed_path(file.path);
            members_.push_back({fmt::format("{}/{}", content_.name, path), [this, &file] { return content_of(file); }});
        }
        return write_tar_zst(to, std::move(members_), content_.started);
    }

private:
    const Directory& directory_;
    Content content_;
    bool keep_identity_;
    Scrubber scrubber_;
    std::vector<Member> members_;
};

/// What is made from the content as others will see it, so that nothing comes in by the back door.
Status add_report(Packer& packer, const Templates& templates) {
    const auto record = packer.content_of(files::kRecord).and_then(decode_record);
    if (!record) {
        return fail(record.error());
    }
    auto script = reproduce_script(*record, templates);
    if (!script) {
        return fail(script.error());
    }
    packer.add("report.txt", render_text(*record));
    if (!packer.holds(files::kKernelConfig)) {
        packer.add(files::kKernelConfig, config_text(*record));
    }
    packer.add("reproduce.sh", std::move(*script), true);
    return {};
}

Status add_matrix_report(Packer& packer, const Templates& templates) {
    const auto matrix = packer.content_of(files::kMatrix).and_then(decode_matrix);
    if (!matrix) {
        return fail(matrix.error());
    }
    auto script = reproduce_matrix_script(templates);
    if (!script) {
        return fail(script.error());
    }
    packer.add("report.txt", render_matrix(*matrix));
    packer.add("reproduce.sh", std::move(*script), true);
    return {};
}

}  // namespace

Status write_bundle(const fs::path& directory, const fs::path& file, bool keep_identity, const Templates& templates) {
    if (!file.filename().string().ends_with(kSuffix) || file.filename() == kSuffix) {
        return fail(Fault::usage, fmt::format("--bundle takes a FILE{}, not '{}'", kSuffix, file.string()));
    }
    const auto opened = Directory::open(directory);
    const auto is_matrix = opened.and_then(holds_matrix);
    if (!is_matrix) {
        return fail(is_matrix.error());
    }
    auto content = *is_matrix ? content_of_matrix(*opened) : content_of_run(*opened);
    if (!content) {
        return fail(content.error());
    }
    if (auto fits = check_size(*content, directory, *is_matrix); !fits) {
        return fits;
    }
    Packer packer(*opened, std::move(*content), keep_identity);
    return packer.learn()
        .and_then([&] { return *is_matrix ? add_matrix_report(packer, templates) : add_report(packer, templates); })
        .and_then([&] { return packer.write(file); });
}

}  // namespace blkhang
