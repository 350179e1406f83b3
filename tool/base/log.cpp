// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <mutex>

#include "base/shown.h"

namespace blkhang {
namespace {

/// A line each, whatever a message holds.
class StandardError : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit StandardError(bool colour) : colour_(colour) {}

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        const std::string_view text(message.payload.data(), message.payload.size());
        complain(shown("blkhang: {}: {}\n", name_of(message.level), text));
    }
    void flush_() override {}

    [[nodiscard]] Shown name_of(spdlog::level::level_enum level) const {
        const auto name = spdlog::level::to_string_view(level);
        Shown plain = shown("{}", std::string_view(name.data(), name.size()));
        if (!colour_) {
            return plain;
        }
        switch (level) {
            case spdlog::level::err:
            case spdlog::level::critical:
                return shown("\x1b[1;31m{}\x1b[0m", plain);
            case spdlog::level::warn:
                return shown("\x1b[1;33m{}\x1b[0m", plain);
            default:
                return shown("\x1b[32m{}\x1b[0m", plain);
        }
    }

    bool colour_;
};

}  // namespace

void setup_log(Verbosity verbosity, bool colour) {
    auto logger = std::make_shared<spdlog::logger>("blkhang", std::make_shared<StandardError>(colour));
    switch (verbosity) {
        case Verbosity::quiet:
            logger->set_level(spdlog::level::err);
            break;
        case Verbosity::normal:
            logger->set_level(spdlog::level::info);
            break;
        case Verbosity::verbose:
            logger->set_level(spdlog::level::debug);
            break;
    }
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace blkhang
