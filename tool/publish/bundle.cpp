// SPDX-License-Identifier: GPL-2.0-only
#include "publish/bundle.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/directory.h"
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

    void learn(const Member& member) {
        if (is_json(member.path)) {
            learn_json(member.content);
        } else if (is_ndjson(member.path)) {
            for_each_line(member.content, [&](std::string_view line) { learn_json(line); });
        } else {
            names_.learn_text(member.content);
        }
    }

    void scrub(Member& member) {
        if (is_json(member.path)) {
            constexpr int kIndent = 2;
            member.content = scrubbed_json(member.content, kIndent);
        } else if (is_ndjson(member.path)) {
            std::string lines;
            for_each_line(member.content, [&](std::string_view line) { lines += scrubbed_json(line, -1); });
            member.content = std::move(lines);
        } else {
            member.content = names_.in_text(member.content);
        }
        member.path = names_.in_text(member.path);
    }

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

/// Adds the file, if it is there, under the path `below` in the archive.
Status add_file(const Directory& directory, const char* name, const fs::path& below, std::vector<Member>& members) {
    if (!directory.has(name)) {
        return {};
    }
    auto content = directory.read(name, files::kLargestEvidence);
    if (!content) {
        return fail(std::move(content.error()));
    }
    members.push_back({(below / name).string(), std::move(*content)});
    return {};
}

Status add_run(const Directory& directory, const fs::path& below, std::vector<Member>& members) {
    for (const char* name :
         {files::kRecord, files::kEvents, files::kConsole, files::kKmsg, files::kProfile, kCellFile}) {
        if (auto added = add_file(directory, name, below, members); !added) {
            return added;
        }
    }
    return {};
}

std::string config_text(const Record& record) {
    std::string text = "# The options that matter to the profile; the whole configuration was not recorded.\n";
    for (const auto& [option, value] : record.kernel.config) {
        text += value == "n" ? fmt::format("# {} is not set\n", option) : fmt::format("{}={}\n", option, value);
    }
    return text;
}

std::time_t seconds_of(const std::string& utc) {
    std::tm parts{};
    const char* end = ::strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return end != nullptr && *end == '\0' ? std::max<std::time_t>(::timegm(&parts), 0) : 0;
}

/// What goes into a bundle, beside the name of the directory that it unpacks into.
struct Content {
    std::string name;
    std::time_t started = 0;
    std::vector<Member> members;
};

const Member& member_of(const Content& content, std::string_view path) {
    return *std::find_if(content.members.begin(), content.members.end(),
                         [&](const Member& member) { return member.path == path; });
}

Result<Content> read_run(const Directory& directory) {
    const auto record = read_record(directory);
    if (!record) {
        return fail(record.error());
    }
    Content content{"blkhang-record", seconds_of(record->run.started.value_or("")), {}};
    if (auto added = add_run(directory, "", content.members); !added) {
        return fail(std::move(added.error()));
    }
    if (!directory.has(files::kProfile)) {
        return fail(Error(Fault::usage, fmt::format("{} lacks {}", directory.path().string(), files::kProfile))
                        .hint("without it the run cannot be made again; a record is the whole directory of a run"));
    }
    return content;
}

Result<Content> read_whole_matrix(const Directory& directory) {
    const auto matrix = read_matrix(directory);
    if (!matrix) {
        return fail(matrix.error());
    }
    Content content{"blkhang-matrix", seconds_of(matrix->started), {}};
    for (const char* name : {files::kMatrix, files::kMatrixRequest}) {
        if (auto added = add_file(directory, name, "", content.members); !added) {
            return fail(std::move(added.error()));
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
        const auto run = cell_in(directory, cell.id);
        if (auto added = run ? add_run(*run, below, content.members) : fail(run.error()); !added) {
            return fail(std::move(added.error()));
        }
    }
    return content;
}

/// What is made from the content as others will see it, so that nothing comes in by the back door.
Status add_report(Content& content, const Templates& templates) {
    const auto record = decode_record(member_of(content, files::kRecord).content);
    if (!record) {
        return fail(record.error());
    }
    auto script = reproduce_script(*record, templates);
    if (!script) {
        return fail(std::move(script.error()));
    }
    content.members.push_back({"report.txt", render_text(*record)});
    content.members.push_back({"kernel.config", config_text(*record)});
    content.members.push_back({"reproduce.sh", std::move(*script), true});
    return {};
}

Status add_matrix_report(Content& content, const Templates& templates) {
    const auto matrix = decode_matrix(member_of(content, files::kMatrix).content);
    if (!matrix) {
        return fail(matrix.error());
    }
    auto script = reproduce_matrix_script(templates);
    if (!script) {
        return fail(std::move(script.error()));
    }
    content.members.push_back({"report.txt", render_matrix(*matrix)});
    content.members.push_back({"reproduce.sh", std::move(*script), true});
    return {};
}

void scrub(std::vector<Member>& members) {
    Scrubber scrubber;
    for (const Member& member : members) {
        scrubber.learn(member);
    }
    scrubber.learn_own_names();
    for (Member& member : members) {
        scrubber.scrub(member);
    }
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
    auto content = *is_matrix ? read_whole_matrix(*opened) : read_run(*opened);
    if (!content) {
        return fail(std::move(content.error()));
    }
    if (!keep_identity) {
        scrub(content->members);
    }
    if (auto added = *is_matrix ? add_matrix_report(*content, templates) : add_report(*content, templates); !added) {
        return added;
    }
    for (Member& member : content->members) {
        member.path = fmt::format("{}/{}", content->name, member.path);
    }
    return write_tar_zst(file, std::move(content->members), content->started);
}

}  // namespace blkhang
