// Models that nothing is quantized for: networks of transforms, and those that are composed of others.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/sink.h"
#include "pipeline/options.h"
#include "pipeline/quantized_model.h"

namespace octet::pipeline {

/// A network of transforms; writes its file, too. Throws as transforms::auxiliary_graph().
std::shared_ptr<QuantizedModel> create_auxiliary_network(const AuxiliaryOptions& options,
                                                         const formats::Sink& sink);

/// One model of the .octet files in a list, the outputs of each of which are the inputs of the next; writes
/// its file, too. Throws InvalidInput where there is none, where they are for different targets, and as
/// transforms::compose().
std::shared_ptr<QuantizedModel> compose(std::vector<Bytes> files, const ComposeOptions& options,
                                        const formats::Sink& sink);

/// The JSON of a transform that does what a preprocessing does. Throws as
/// transforms::preprocessing_transform().
std::string preprocessing_transform(const PreprocessingOptions& options);

}  // namespace octet::pipeline
