#pragma once

#include "Reader.hpp"
#include "Unescaping.hpp"

namespace holdfast {

/// Tells a whole document, part by part in its order, with the place of each.
class DocumentWalker {
public:
    using Visit = bool (*)(void *, const HoldfastNode *);

    DocumentWalker(HoldfastText json, unsigned maximumDepth, Scratch &scratch, void *context, Visit visit)
        : start(json.bytes), end(json.bytes), maximumDepth(maximumDepth), scratch(scratch), context(context), visit(visit) {}

    HoldfastOutcome walk(ondemand::document &document, std::string_view whole) {
        const char first = whole.front();
        if (first == '{') {
            ondemand::object object;
            HOLDFAST_TRY(toldOutcomeOf(document.get_object().get(object)));
            return walkObject(object, whole.data(), 1);
        }
        if (first == '[') {
            ondemand::array array;
            HOLDFAST_TRY(toldOutcomeOf(document.get_array().get(array)));
            return walkArray(array, whole.data(), 1);
        }
        // All of the text is one scalar, or it is no JSON.
        return tellScalar(whole);
    }

    /// As `outcomeOf`, with the reasons that a person can do something about.
    static HoldfastOutcome toldOutcomeOf(simdjson::error_code error) {
        switch (error) {
        case simdjson::UTF8_ERROR: return {HOLDFAST_JSON_NOT_UTF8, nullptr};
        case simdjson::EMPTY: return {HOLDFAST_JSON_EMPTY, nullptr};
        case simdjson::UNCLOSED_STRING:
        case simdjson::UNESCAPED_CHARS: return {HOLDFAST_JSON_BROKEN_STRING, nullptr};
        case simdjson::INCOMPLETE_ARRAY_OR_OBJECT: return {HOLDFAST_JSON_INCOMPLETE, nullptr};
        default: return outcomeOf(error);
        }
    }

private:
    const char *const start;
    /// Behind what was told last.
    const char *end;
    const unsigned maximumDepth;
    Scratch &scratch;
    void *const context;
    const Visit visit;

    HoldfastOutcome tell(uint8_t kind, std::string_view part, HoldfastText text = {nullptr, 0}) {
        const HoldfastNode node{kind, uint32_t(part.data() - start), uint32_t(part.size()), text};
        end = part.data() + part.size();
        return visit(context, &node) ? success : HoldfastOutcome{HOLDFAST_JSON_STOPPED, nullptr};
    }

    /// The bracket that closes what was just passed: the next token behind what was told.
    HoldfastOutcome tellEnd(uint8_t kind) {
        while (isWhitespace(*end)) { end += 1; }
        return tell(kind, std::string_view(end, 1));
    }

    HoldfastOutcome tellString(uint8_t kind, const StringToken &string) {
        const std::string_view whole(string.inside.data() - 1, string.inside.size() + 2);
        if (!string.isValid || string.hasLoneSurrogate) { return malformed; }
        if (!string.hasEscapes) { return tell(kind, whole, textOf(string.inside)); }
        char *const target = scratch.reserve(string.inside.size());
        if (target == nullptr) { return {HOLDFAST_JSON_OUT_OF_MEMORY, nullptr}; }
        const char *const last = unescape<EscapedOnce>(string.inside, target);
        if (last == nullptr) { return malformed; }
        return tell(kind, whole, {target, size_t(last - target)});
    }

    HoldfastOutcome tellScalar(std::string_view token) {
        HOLDFAST_TRY(checkScalar(token));
        switch (token.front()) {
        case '"': return tellString(HOLDFAST_NODE_STRING, scanString(token.data() + 1));
        case 't': return tell(HOLDFAST_NODE_TRUE, token);
        case 'f': return tell(HOLDFAST_NODE_FALSE, token);
        case 'n': return tell(HOLDFAST_NODE_NULL, token);
        default: return tell(HOLDFAST_NODE_NUMBER, token, textOf(token));
        }
    }

    HoldfastOutcome walkValue(ondemand::value value, unsigned depth) {
        const std::string_view token = tokenOf(value);
        const char first = token.empty() ? '\0' : token.front();
        if (first == '{') {
            ondemand::object object;
            HOLDFAST_TRY(toldOutcomeOf(value.get_object().get(object)));
            return walkObject(object, token.data(), depth);
        }
        if (first == '[') {
            ondemand::array array;
            HOLDFAST_TRY(toldOutcomeOf(value.get_array().get(array)));
            return walkArray(array, token.data(), depth);
        }
        return tellScalar(token);
    }

    HoldfastOutcome walkObject(ondemand::object object, const char *bracket, unsigned depth) {
        HOLDFAST_TRY(tell(HOLDFAST_NODE_OBJECT, std::string_view(bracket, 1)));
        if (depth > maximumDepth) { return {HOLDFAST_JSON_TOO_DEEP, nullptr}; }
        HOLDFAST_TRY(forEachMember(object, [&](const char *key, ondemand::value value) -> HoldfastOutcome {
            HOLDFAST_TRY(tellString(HOLDFAST_NODE_KEY, scanString(key)));
            return walkValue(value, depth + 1);
        }));
        return tellEnd(HOLDFAST_NODE_OBJECT_END);
    }

    HoldfastOutcome walkArray(ondemand::array array, const char *bracket, unsigned depth) {
        HOLDFAST_TRY(tell(HOLDFAST_NODE_ARRAY, std::string_view(bracket, 1)));
        if (depth > maximumDepth) { return {HOLDFAST_JSON_TOO_DEEP, nullptr}; }
        HOLDFAST_TRY(forEachElement(array, [&](ondemand::value value) { return walkValue(value, depth + 1); }));
        return tellEnd(HOLDFAST_NODE_ARRAY_END);
    }
};

}  // namespace holdfast
