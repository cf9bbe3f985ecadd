using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Topics;

/// <summary><c>nexo reply</c>.</summary>
internal static class ReplyCommand
{
    public static Command Create()
    {
        Argument<string> filter = TopicArguments.Filter();
        var body = new Argument<string?>("BODY")
        {
            Description = "What every request is answered with",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var exec = new Option<string?>("--exec")
        {
            Description = "Run this in a shell for each: the request on standard input, the reply on standard output",
            HelpName = "COMMAND",
        };
        Option<string?> group = TopicArguments.Group();
        Option<long?> count = Parsers.Number("--count", "Stop after so many requests [no end]", 1);
        count.Aliases.Add("-n");
        var command = new Command("reply", "Answer requests to a topic") { filter, body, exec, group, count };
        command.Validators.Add(result =>
        {
            bool hasBody = result.GetResult(body) is { Tokens.Count: > 0 };
            if (hasBody == (result.GetResult(exec) is not null))
            {
                result.AddError(hasBody ? "Give either BODY or --exec, not both." : "Give what is answered: BODY or --exec.");
            }
        });
        return command
            .OnServer(run => new ReplySession(
                run,
                TopicArguments.Shared(run.Get(filter), run.Get(group)),
                run.Parsed.GetValue(body) is { } text ? BytesArguments.Decode(run.Parsed, text, "body") : null,
                run.Get(exec)).RunAsync(run.Get(count) ?? long.MaxValue))
            .WithDetails(
                "Until Ctrl-C, or --count. One request after the other; with --group several share them. Messages that ask for no "
                + "reply are passed over. The command finds MESSAGE_TOPIC in its environment; when it fails there is no reply, "
                + "which is told, and is exit code 1 at the end.")
            .WithExamples(
                ("The same for all", "nexo reply ping pong"),
                ("By a command", "nexo reply greet --exec 'read name; echo \"hello $name\"'"),
                ("One of several that share the work", "nexo reply 'convert/#' --group converters --exec ./convert"));
    }
}
