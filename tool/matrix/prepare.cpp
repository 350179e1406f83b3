// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/prepare.h"

#include <fmt/format.h>

#include "base/signals.h"
#include "lab/kernel.h"
#include "lab/plant.h"

namespace blkhang {
namespace {

/// Kernels and plants that were asked for before are not looked up again.
class Preparer {
public:
    explicit Preparer(const std::function<void(const std::string&)>& on_kernel) : on_kernel_(on_kernel) {}

    /// Pins the cell; an error is the reason why it cannot run.
    Status prepare(Cell& cell) {
        if (interrupted()) {
            return fail(Fault::broken, "interrupted");
        }
        if (cell.loads_node()) {
            cell.pinned = cell.label = cell.subject.kernel;  // whatever runs there
            return {};
        }
        auto& kernel = kernel_of(cell);
        if (!kernel) {
            return fail(kernel.error());
        }
        if (!kernel->plant.empty()) {
            return fail(Fault::usage, fmt::format("{}: it has a plant of its own, {}", kernel->label, kernel->plant));
        }
        if (auto planted = plant(cell, *kernel); !planted) {
            return planted;
        }
        if (cell.label.empty()) {
            cell.label = kernel->label;
            cell.release = kernel->release;
        }
        return {};
    }

private:
    Result<Kernel>& kernel_of(Cell& cell) {
        const bool fresh = cell.pinned.empty();
        const std::string& text = fresh ? cell.subject.kernel : cell.pinned;
        auto found = kernels_.find(text);
        if (found == kernels_.end()) {
            on_kernel_(cell.subject.kernel);
            const auto spec = parse_kernel_spec(text);
            auto kernel = spec ? obtain_kernel(*spec) : fail(spec.error());
            if (kernel && fresh) {
                pins_[text] = pinned_spec(*spec, *kernel);
            }
            found = kernels_.emplace(text, std::move(kernel)).first;
        }
        if (fresh && found->second) {
            cell.pinned = pins_[text];
        }
        return found->second;
    }

    Status plant(const Cell& cell, Kernel& kernel) {
        const std::string& name = cell.subject.plant;
        if (name.empty()) {
            return {};
        }
        auto found = plants_.find({cell.pinned, name});
        if (found == plants_.end()) {
            const auto built = build_plant(name, kernel);
            found = plants_.emplace(std::pair(cell.pinned, name), built ? Status{} : fail(built.error())).first;
        }
        return found->second;
    }

    const std::function<void(const std::string&)>& on_kernel_;
    std::map<std::string, Result<Kernel>> kernels_;  // by KERNEL argument
    std::map<std::string, std::string> pins_;
    std::map<std::pair<std::string, std::string>, Status> plants_;  // by pinned kernel and name
};

}  // namespace

Prepared prepare_cells(std::vector<Cell> cells, const std::function<void(const std::string&)>& on_kernel) {
    Prepared prepared;
    Preparer preparer(on_kernel);
    for (Cell& cell : cells) {
        if (auto ready = preparer.prepare(cell); ready) {
            prepared.cells.push_back(std::move(cell));
        } else {
            prepared.refused[cell.id] = ready.error().message();
        }
    }
    return prepared;
}

}  // namespace blkhang
