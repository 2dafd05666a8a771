#include "query/template/parser.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "query/template/lexer.h"
#include "query/template/number_literal.h"
#include "query/template/rune.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::StrCat;
using Type = TemplateTokenType;
using OperandKind = TemplateOperand::Kind;
using StatementKind = TemplateStatement::Kind;

constexpr size_t kShownTokenRunesMax = 10;

bool IsBlank(const TemplateStatement& statement) {
  return statement.kind == StatementKind::kText &&
         statement.text.find_first_not_of(" \t\r\n\v\f") == std::string::npos;
}

bool IsEmptyTree(const TemplateTree& tree) {
  return std::all_of(tree.statements.begin(), tree.statements.end(), IsBlank);
}

// What ended a list of statements.
enum class Ending { kEndOfText, kEnd, kElse };

class Parser {
 public:
  Parser(std::string_view name, std::string_view text, const TemplateFunctionTable& functions)
      : name_(name), lexed_(LexTemplate(text)), functions_(functions) {}

  absl::StatusOr<TemplateTrees> Run() {
    TemplateTree tree;
    tree.name = std::string(name_);
    while (Peek().type != Type::kEnd) {
      if (Peek().type == Type::kLeftDelimiter && PeekBehindSpace(1).type == Type::kDefine) {
        VARVE_RETURN_IF_ERROR(ReadDefinition());
        continue;
      }
      std::optional<TemplateStatement> statement;
      Ending ending = Ending::kEndOfText;
      VARVE_RETURN_IF_ERROR(ReadStatement(&statement, &ending));
      if (!statement) return Unexpected(ending);
      tree.statements.push_back(*std::move(statement));
    }
    VARVE_RETURN_IF_ERROR(AddTree(std::move(tree)));
    return std::move(trees_);
  }

 private:
  using Statements = std::vector<TemplateStatement>;

  // Tokens. Errors have the line of the last token looked at.
  const TemplateToken& Peek() {
    seen_ = std::max(seen_, at_);
    return lexed_.tokens[at_];
  }
  const TemplateToken& Next() {
    const TemplateToken& token = Peek();
    if (at_ + 1 < lexed_.tokens.size()) ++at_;
    return token;
  }
  const TemplateToken& PeekBehindSpace(size_t ahead = 0) {
    size_t at = std::min(at_ + ahead, lexed_.tokens.size() - 1);
    while (lexed_.tokens[at].type == Type::kSpace) ++at;
    seen_ = std::max(seen_, at);
    return lexed_.tokens[at];
  }
  const TemplateToken& PeekNonSpace() {
    while (Peek().type == Type::kSpace) ++at_;
    return Peek();
  }
  const TemplateToken& NextNonSpace() {
    PeekNonSpace();
    return Next();
  }

  // Errors.
  absl::Status Error(std::string_view what) const {
    return absl::InvalidArgumentError(
        StrCat("template: ", name_, ":", lexed_.tokens[seen_].line, ": ", what));
  }
  std::string Shown(const TemplateToken& token) const {
    if (token.type == Type::kEnd) return "EOF";
    if (token.type == Type::kError) return lexed_.error;
    if (token.is_keyword()) return StrCat("<", token.text, ">");
    if (token.text.size() > kShownTokenRunesMax) {
      return StrCat(
          QuotedText(token.text.substr(0, RunePrefixBytes(token.text, kShownTokenRunesMax)), false),
          "...");
    }
    return QuotedText(token.text, false);
  }
  absl::Status Unexpected(const TemplateToken& token, std::string_view context) const {
    if (token.type != Type::kError) {
      return Error(StrCat("unexpected ", Shown(token), " in ", context));
    }
    std::string_view extra;
    if (action_line_ != 0 && action_line_ != token.line) {
      extra = lexed_.error.ends_with(" action") ? " started at " : " in action started at ";
    }
    return Error(extra.empty() ? lexed_.error
                               : StrCat(lexed_.error, extra, name_, ":", action_line_));
  }
  static std::string_view EndingText(Ending ending) {
    return ending == Ending::kEnd ? "{{end}}" : "{{else}}";
  }
  absl::Status Unexpected(Ending ending) const {
    return Error(StrCat("unexpected ", EndingText(ending)));
  }
  absl::StatusOr<const TemplateToken*> Expect(Type type, std::string_view context) {
    const TemplateToken& token = NextNonSpace();
    if (token.type != type) return Unexpected(token, context);
    return &token;
  }

  // The same name twice is an error, unless one of the two is empty.
  absl::Status AddTree(TemplateTree tree) {
    const auto found = trees_.find(tree.name);
    if (found == trees_.end() || IsEmptyTree(found->second)) {
      std::string name = tree.name;
      trees_[std::move(name)] = std::move(tree);
      return absl::OkStatus();
    }
    if (IsEmptyTree(tree)) return absl::OkStatus();
    return Error(
        StrCat("template: multiple definition of template ", QuotedText(tree.name, false)));
  }

  absl::Status ReadDefinition() {
    constexpr std::string_view kContext = "define clause";
    Next();
    NextNonSpace();
    TemplateTree tree;
    VARVE_ASSIGN_OR_RETURN(tree.name, ReadName(NextNonSpace(), kContext));
    VARVE_RETURN_IF_ERROR(Expect(Type::kRightDelimiter, kContext).status());
    return ReadTree(std::move(tree), kContext);
  }

  // The statements of a template inside another: it sees no variable of that one.
  absl::Status ReadTree(TemplateTree tree, std::string_view context) {
    std::vector<std::string> outer_variables = {"$"};
    std::swap(outer_variables, variables_);
    const int outer_ranges = std::exchange(range_depth_, 0);
    Ending ending = Ending::kEndOfText;
    VARVE_RETURN_IF_ERROR(ReadStatements(&tree.statements, &ending));
    if (ending != Ending::kEnd) {
      return Error(StrCat("unexpected ", EndingText(ending), " in ", context));
    }
    VARVE_RETURN_IF_ERROR(AddTree(std::move(tree)));
    std::swap(outer_variables, variables_);
    range_depth_ = outer_ranges;
    return absl::OkStatus();
  }

  absl::Status ReadStatements(Statements* statements, Ending* ending) {
    if (++depth_ > kTemplateDepthMax) return Error("max nesting depth exceeded");
    while (PeekNonSpace().type != Type::kEnd) {
      std::optional<TemplateStatement> statement;
      VARVE_RETURN_IF_ERROR(ReadStatement(&statement, ending));
      if (!statement) {
        --depth_;
        return absl::OkStatus();
      }
      statements->push_back(*std::move(statement));
    }
    return Error("unexpected EOF");
  }

  // Sets `*ending` instead of a statement where one of `end` and `else` stands.
  absl::Status ReadStatement(std::optional<TemplateStatement>* statement, Ending* ending) {
    const TemplateToken& token = NextNonSpace();
    if (token.type == Type::kText) {
      statement->emplace(StatementKind::kText, token.at);
      (*statement)->text = std::string(token.text);
      return absl::OkStatus();
    }
    if (token.type != Type::kLeftDelimiter) return Unexpected(token, "input");
    action_line_ = token.line;
    absl::Status status = ReadAction(statement, ending);
    action_line_ = 0;
    return status;
  }

  absl::Status ReadAction(std::optional<TemplateStatement>* statement, Ending* ending) {
    const TemplateToken& token = PeekNonSpace();
    switch (token.type) {
      case Type::kBlock:
        Next();
        return ReadBlock(statement);
      case Type::kBreak:
      case Type::kContinue:
        Next();
        return ReadJump(token, statement);
      case Type::kElse: {
        Next();
        *ending = Ending::kElse;
        // `else if` and `else with` leave their second word to whoever reads on.
        const Type next = PeekNonSpace().type;
        if (next == Type::kIf || next == Type::kWith) return absl::OkStatus();
        return Expect(Type::kRightDelimiter, "else").status();
      }
      case Type::kEndKeyword:
        Next();
        *ending = Ending::kEnd;
        return Expect(Type::kRightDelimiter, "end").status();
      case Type::kIf:
      case Type::kWith:
      case Type::kRange:
        Next();
        return ReadControl(token.type, statement);
      case Type::kTemplate:
        Next();
        return ReadTemplateCall(statement);
      default:
        break;
    }
    TemplateStatement action(StatementKind::kAction, token.at);
    VARVE_RETURN_IF_ERROR(ReadPipeline("command", Type::kRightDelimiter, &action.pipeline));
    *statement = std::move(action);
    return absl::OkStatus();
  }

  absl::Status ReadJump(const TemplateToken& word, std::optional<TemplateStatement>* statement) {
    const bool is_break = word.type == Type::kBreak;
    const std::string_view shown = is_break ? "{{break}}" : "{{continue}}";
    VARVE_RETURN_IF_ERROR(Expect(Type::kRightDelimiter, shown).status());
    if (range_depth_ == 0) return Error(StrCat(shown, " outside {{range}}"));
    statement->emplace(is_break ? StatementKind::kBreak : StatementKind::kContinue, word.at);
    return absl::OkStatus();
  }

  absl::Status ReadControl(Type word, std::optional<TemplateStatement>* statement) {
    if (++depth_ > kTemplateDepthMax) return Error("max nesting depth exceeded");
    const size_t variables = variables_.size();
    const std::string_view context = word == Type::kIf     ? "if"
                                     : word == Type::kWith ? "with"
                                                           : "range";
    TemplateStatement control(word == Type::kIf     ? StatementKind::kIf
                              : word == Type::kWith ? StatementKind::kWith
                                                    : StatementKind::kRange,
                              0);
    VARVE_RETURN_IF_ERROR(ReadPipeline(context, Type::kRightDelimiter, &control.pipeline));
    control.at = control.pipeline->at;
    if (word == Type::kRange) ++range_depth_;
    Ending ending = Ending::kEndOfText;
    VARVE_RETURN_IF_ERROR(ReadStatements(&control.body, &ending));
    if (word == Type::kRange) --range_depth_;
    if (ending == Ending::kElse) {
      control.has_else = true;
      if (word != Type::kRange && Peek().type == word) {
        // `{{else if x}}` is an if of its own, and both end at one `{{end}}`.
        Next();
        std::optional<TemplateStatement> nested;
        VARVE_RETURN_IF_ERROR(ReadControl(word, &nested));
        control.otherwise.push_back(*std::move(nested));
      } else {
        VARVE_RETURN_IF_ERROR(ReadStatements(&control.otherwise, &ending));
        if (ending != Ending::kEnd) {
          return Error(StrCat("expected end; found ", EndingText(ending)));
        }
      }
    }
    variables_.resize(variables);
    --depth_;
    *statement = std::move(control);
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> ReadName(const TemplateToken& token, std::string_view context) {
    if (token.type != Type::kString && token.type != Type::kRawString) {
      return Unexpected(token, context);
    }
    std::string name;
    if (!UnquoteLiteral(token.text, &name)) return Error("invalid syntax");
    return name;
  }

  absl::Status ReadBlock(std::optional<TemplateStatement>* statement) {
    constexpr std::string_view kContext = "block clause";
    const TemplateToken& token = NextNonSpace();
    TemplateStatement call(StatementKind::kTemplate, token.at);
    VARVE_ASSIGN_OR_RETURN(call.text, ReadName(token, kContext));
    VARVE_RETURN_IF_ERROR(ReadPipeline(kContext, Type::kRightDelimiter, &call.pipeline));
    TemplateTree tree;
    tree.name = call.text;
    VARVE_RETURN_IF_ERROR(ReadTree(std::move(tree), kContext));
    *statement = std::move(call);
    return absl::OkStatus();
  }

  absl::Status ReadTemplateCall(std::optional<TemplateStatement>* statement) {
    constexpr std::string_view kContext = "template clause";
    const TemplateToken& token = NextNonSpace();
    TemplateStatement call(StatementKind::kTemplate, token.at);
    VARVE_ASSIGN_OR_RETURN(call.text, ReadName(token, kContext));
    if (PeekNonSpace().type == Type::kRightDelimiter) {
      Next();
    } else {
      VARVE_RETURN_IF_ERROR(ReadPipeline(kContext, Type::kRightDelimiter, &call.pipeline));
    }
    *statement = std::move(call);
    return absl::OkStatus();
  }

  // Pipelines.
  absl::Status ReadPipeline(std::string_view context, Type end,
                            std::unique_ptr<TemplatePipeline>* result) {
    auto pipeline = std::make_unique<TemplatePipeline>(PeekNonSpace().at);
    VARVE_RETURN_IF_ERROR(ReadVariables(context, pipeline.get()));
    while (true) {
      const TemplateToken& token = PeekNonSpace();
      if (token.type == end) {
        Next();
        break;
      }
      if (!StartsOperand(token.type)) {
        Next();
        return Unexpected(token, context);
      }
      VARVE_RETURN_IF_ERROR(ReadCommand(pipeline.get()));
    }
    if (pipeline->commands.empty()) return Error(StrCat("missing value for ", context));
    for (size_t i = 1; i < pipeline->commands.size(); ++i) {
      if (pipeline->commands[i].operands[0].is_literal()) {
        return Error(StrCat("non executable command in pipeline stage ", i + 1));
      }
    }
    *result = std::move(pipeline);
    return absl::OkStatus();
  }

  static bool StartsOperand(Type type) {
    switch (type) {
      case Type::kBool:
      case Type::kRune:
      case Type::kComplex:
      case Type::kDot:
      case Type::kField:
      case Type::kIdentifier:
      case Type::kNumber:
      case Type::kNil:
      case Type::kRawString:
      case Type::kString:
      case Type::kVariable:
      case Type::kLeftParen:
        return true;
      default:
        return false;
    }
  }

  // `$x :=`, `$x =` and, of a range, `$i, $x :=`.
  absl::Status ReadVariables(std::string_view context, TemplatePipeline* pipeline) {
    while (PeekNonSpace().type == Type::kVariable) {
      const TemplateToken& variable = Peek();
      const TemplateToken& next = PeekBehindSpace(1);
      const bool comma = next.type == Type::kCharacter && next.text == ",";
      if (next.type != Type::kAssign && next.type != Type::kDeclare && !comma) {
        return absl::OkStatus();
      }
      Next();
      NextNonSpace();
      TemplateOperand operand(OperandKind::kVariable, variable.at);
      operand.names.emplace_back(variable.text);
      pipeline->variables.push_back(std::move(operand));
      variables_.emplace_back(variable.text);
      if (!comma) {
        pipeline->assigns = next.type == Type::kAssign;
        return absl::OkStatus();
      }
      if (context != "range" || pipeline->variables.size() >= 2) {
        return Error(StrCat("too many declarations in ", context));
      }
      const Type follows = PeekNonSpace().type;
      if (follows != Type::kVariable && follows != Type::kRightDelimiter &&
          follows != Type::kRightParen) {
        return Error("range can only initialize variables");
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadCommand(TemplatePipeline* pipeline) {
    TemplateCommand command(PeekNonSpace().at);
    while (true) {
      VARVE_RETURN_IF_ERROR(ReadOperand(&command));
      const TemplateToken& token = Peek();
      if (token.type == Type::kSpace) {
        Next();
        continue;
      }
      if (token.type == Type::kRightDelimiter || token.type == Type::kRightParen) break;
      Next();
      if (token.type == Type::kPipe) break;
      return Unexpected(token, "operand");
    }
    if (command.operands.empty()) return Error("empty command");
    pipeline->commands.push_back(std::move(command));
    return absl::OkStatus();
  }

  // Adds an operand, where one stands here.
  absl::Status ReadOperand(TemplateCommand* command) {
    if (!StartsOperand(PeekNonSpace().type)) return absl::OkStatus();
    VARVE_ASSIGN_OR_RETURN(TemplateOperand operand, ReadTerm());
    if (Peek().type == Type::kField) {
      const size_t at = Peek().at;
      std::vector<std::string> fields;
      while (Peek().type == Type::kField) fields.emplace_back(Next().text.substr(1));
      if (operand.is_literal()) {
        return Error(StrCat("unexpected . after term ", QuotedText(operand.ToString(), false)));
      }
      if (operand.kind == OperandKind::kField || operand.kind == OperandKind::kVariable) {
        operand.at = at;
        operand.names.insert(operand.names.end(), fields.begin(), fields.end());
      } else {
        TemplateOperand chain(OperandKind::kChain, at);
        chain.names = std::move(fields);
        chain.inner = std::make_unique<TemplateOperand>(std::move(operand));
        operand = std::move(chain);
      }
    }
    command->operands.push_back(std::move(operand));
    return absl::OkStatus();
  }

  absl::StatusOr<TemplateOperand> ReadTerm() {
    const TemplateToken& token = Next();
    switch (token.type) {
      case Type::kIdentifier: {
        TemplateOperand operand(OperandKind::kFunction, token.at);
        operand.function = functions_.Find(token.text);
        if (operand.function == nullptr) {
          return Error(StrCat("function ", QuotedText(token.text, false), " not defined"));
        }
        return operand;
      }
      case Type::kDot:
        return TemplateOperand(OperandKind::kDot, token.at);
      case Type::kNil:
        return TemplateOperand(OperandKind::kNil, token.at);
      case Type::kBool: {
        TemplateOperand operand(OperandKind::kBool, token.at);
        operand.boolean = token.text == "true";
        return operand;
      }
      case Type::kVariable: {
        if (std::find(variables_.begin(), variables_.end(), token.text) == variables_.end()) {
          return Error(StrCat("undefined variable ", QuotedText(token.text, false)));
        }
        TemplateOperand operand(OperandKind::kVariable, token.at);
        operand.names.emplace_back(token.text);
        return operand;
      }
      case Type::kField: {
        TemplateOperand operand(OperandKind::kField, token.at);
        operand.names.emplace_back(token.text.substr(1));
        return operand;
      }
      case Type::kString:
      case Type::kRawString: {
        TemplateOperand operand(OperandKind::kString, token.at);
        operand.text = std::string(token.text);
        if (!UnquoteLiteral(token.text, &operand.string)) return Error("invalid syntax");
        return operand;
      }
      case Type::kLeftParen: {
        if (++depth_ > kTemplateDepthMax) return Error("max expression depth exceeded");
        TemplateOperand operand(OperandKind::kPipeline, token.at);
        VARVE_RETURN_IF_ERROR(
            ReadPipeline("parenthesized pipeline", Type::kRightParen, &operand.pipeline));
        operand.at = operand.pipeline->at;
        --depth_;
        return operand;
      }
      default:
        break;
    }
    TemplateOperand operand(OperandKind::kNumber, token.at);
    operand.text = std::string(token.text);
    std::string error;
    if (!ParseTemplateNumber(token.text, token.type, &operand.number, &error)) return Error(error);
    return operand;
  }

  const std::string_view name_;
  const TemplateTokens lexed_;
  const TemplateFunctionTable& functions_;
  TemplateTrees trees_;
  size_t at_ = 0;
  size_t seen_ = 0;
  int action_line_ = 0;
  int depth_ = 0;
  int range_depth_ = 0;
  std::vector<std::string> variables_ = {"$"};
};

}  // namespace

absl::StatusOr<TemplateTrees> ParseTemplate(std::string_view name, std::string_view text,
                                            const TemplateFunctionTable& functions) {
  return Parser(name, text, functions).Run();
}

}  // namespace varve::query
