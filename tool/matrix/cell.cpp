// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/cell.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/path_name.h"
#include "profile/profile_toml.h"
#include "record/archive.h"
#include "record/schema.h"

namespace blkhang {

template <class Archive, Of<Cell> T>
void fields(Archive& archive, T& cell) {
    archive("id", cell.id)("kernel", cell.subject.kernel)("profile", cell.subject.profile)("plant", cell.subject.plant)(
        "repeat", cell.repeat)("calibration", cell.calibration)("calibrated_by", cell.calibrated_by)(
        "pinned", cell.pinned)("label", cell.label)("release", cell.release)("on_node", cell.on_node)(
        "profile_toml", cell.profile_toml);
}

namespace {

constexpr const char* kPlanAnew = "remove its directory to have it planned anew";
constexpr FileKind kCellKind{"cell", kCellSchema, kPlanAnew, kPlanAnew};

/// What the file systems and shells of all engines can bear.
std::string plain(const std::string& text) { return dashed(text, "."); }

/// The kernel's part of an id. Of the path of an image or a tree both ends tell the most.
std::string id_of_kernel(const std::string& kernel) {
    constexpr std::size_t kLongest = 80;
    constexpr std::size_t kHead = 24;
    std::string text = plain(kernel);
    if (text.size() > kLongest) {
        text.replace(kHead, text.size() - kLongest, "");
    }
    return text;
}

/// The request's kernels, each with each of its plants.
std::vector<Subject> kernels_with_plants(const MatrixRequest& request) {
    std::vector<std::string> texts = request.kernels;
    if (!request.before.empty()) {
        texts = {request.before, request.after};
    }
    std::vector<Subject> subjects;
    for (const std::string& text : texts) {
        const auto choice = parse_kernel_choice(text);
        if (!choice->plant.empty() || request.plants.empty()) {
            subjects.push_back({choice->kernel, "", choice->plant});
            continue;
        }
        for (const std::string& plant : request.plants) {
            subjects.push_back({choice->kernel, "", plant == "none" ? "" : plant});
        }
    }
    return subjects;
}

class Planner {
public:
    explicit Planner(bool on_nodes) : on_nodes_(on_nodes) {}
    void add(const Subject& subject, const Profile& profile, std::uint32_t repeat, bool calibration) {
        Cell cell;
        cell.subject = subject;
        cell.subject.profile = profile.name;
        cell.repeat = repeat;
        cell.calibration = calibration;
        cell.calibrated_by = profile.calibrate;
        cell.profile_toml = to_toml(profile);
        if (on_nodes_) {
            cell.on_node = true;
        }
        cell.id = unused_id(fmt::format("{}_{}_{}_{}", id_of_kernel(subject.kernel), plain(profile.name),
                                        subject.plant.empty() ? "stock" : plain(subject.plant),
                                        calibration ? "calibration" : std::to_string(repeat)));
        cells_.push_back(std::move(cell));
    }
    [[nodiscard]] bool has(const Subject& subject) const {
        return std::any_of(cells_.begin(), cells_.end(), [&](const Cell& cell) { return cell.subject == subject; });
    }
    std::vector<Cell> take() { return std::move(cells_); }

private:
    /// Two kernels may differ in nothing but characters that ids do not have.
    std::string unused_id(const std::string& wanted) {
        std::string id = wanted;
        for (int number = 2; !used_.insert(id).second; ++number) {
            id = fmt::format("{}_{}", wanted, number);
        }
        return id;
    }

    bool on_nodes_;
    std::vector<Cell> cells_;
    std::set<std::string> used_;
};

void add_companions(const std::vector<Subject>& subjects, const std::vector<Profile>& profiles, Planner& planner) {
    for (const Subject& subject : subjects) {
        for (const Profile& profile : profiles) {
            const Subject companion{subject.kernel, profile.name, profile.calibrate};
            if (subject.plant.empty() && !planner.has(companion)) {
                planner.add(companion, profile, 1, true);
            }
        }
    }
}

}  // namespace

std::string encode(const Cell& cell) {
    Json json = Json::object();
    json["schema"] = kCellSchema;
    JsonWriter writer(json);
    fields(writer, cell);
    return to_text(json);
}

Result<Cell> decode_cell(std::string_view text) {
    const auto damaged = [](const std::string& what) { return fail(blkhang::damaged(kCellKind, what)); };
    const auto json = parse(text, kCellKind);
    if (!json) {
        return fail(json.error());
    }
    Cell cell;
    JsonReader reader(*json);
    fields(reader, cell);
    if (!reader.error().empty()) {
        return damaged(reader.error());
    }
    if (!is_path_name(cell.id, kLongestCellId)) {
        return damaged("id: expected a name that can be part of a path");
    }
    return cell;
}

std::vector<Cell> plan_cells(const MatrixRequest& request, const std::vector<Profile>& profiles) {
    const auto subjects = kernels_with_plants(request);
    Planner planner(request.on_nodes);
    for (std::uint32_t repeat = 1; repeat <= request.repeat; ++repeat) {
        for (const Subject& subject : subjects) {
            for (const Profile& profile : profiles) {
                planner.add(subject, profile, repeat, false);
            }
        }
        if (request.calibrate && repeat == 1) {
            add_companions(subjects, profiles, planner);
        }
    }
    return planner.take();
}

}  // namespace blkhang
