// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

namespace blkhang {

void setup_log(Verbosity verbosity, bool colour) {
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(colour ? spdlog::color_mode::always
                                                                             : spdlog::color_mode::never);
    auto logger = std::make_shared<spdlog::logger>("blkhang", std::move(sink));
    logger->set_pattern("blkhang: %^%l%$: %v");
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
