using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Topics;

/// <summary>How messages are published.</summary>
internal sealed class PubOptions
{
    private readonly Option<bool> _retain = new("--retain", "-r")
    {
        Description = "Keep it as the topic's last value, for who subscribes later; an empty one takes it away",
    };

    private readonly Option<TimeSpan?> _ttl = Parsers.Duration("--ttl", "How long it is kept, with --retain");

    private readonly Option<string[]> _headers = PushOptions.Header();

    private readonly Option<bool> _noConfirm = new("--no-confirm")
    {
        Description = "Do not wait for the server to say how many got it",
    };

    private readonly Option<long?> _count = Parsers.Number("--count", "Publish it so often [1]", 1);

    public Option<bool> Lines { get; } = new("--lines", "-l")
    {
        Description = "Every line of standard input, or of --file, is a message",
    };

    public PubOptions() => _count.Aliases.Add("-n");

    public void AddTo(Command command)
    {
        Option[] all = [Lines, _retain, _ttl, _headers, _count, _noConfirm];
        Array.ForEach(all, command.Add);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_ttl) is not null && !result.GetValue(_retain))
            {
                result.AddError("--ttl goes with --retain: other messages are not kept.");
            }

            if (result.GetResult(_count) is not null && result.GetValue(Lines))
            {
                result.AddError("Give either --count or --lines, not both.");
            }
        });
    }

    public TopicPublishOptions Of(ClientRun run) => new()
    {
        Retain = run.Get(_retain),
        Ttl = run.Get(_ttl),
        Headers = PushOptions.Headers(run, _headers),
    };

    public bool Confirms(ClientRun run) => !run.Get(_noConfirm);

    public long? Count(ClientRun run) => run.Get(_count);
}
