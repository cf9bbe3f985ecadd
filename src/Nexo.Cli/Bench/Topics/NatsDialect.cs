using System.Text;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench.Topics;

/// <summary>The core protocol of NATS: levels end with dots, <c>*</c> is one, <c>&gt;</c> is one and all that follow.</summary>
internal sealed class NatsDialect : TopicDialect
{
    public override PublishTemplate Publish(string topic, ReadOnlySpan<byte> body, bool confirmed)
    {
        byte[] head = Encoding.ASCII.GetBytes($"PUB {SubjectOf(topic)} {body.Length}\r\n");
        return new PublishTemplate([.. head, .. body, .. "\r\n"u8], head.Length);
    }

    public override TopicSession NewSession() => new NatsSession();

    /// <summary>A topic or a filter in the form of NATS.</summary>
    public static string SubjectOf(string filter) => filter.Replace('/', '.').Replace('+', '*').Replace('#', '>');

    public static CliFailure Unexpected(ReadOnlySpan<byte> line) => new(
        ExitCode.Refused, "protocol", $"The server said: {Encoding.UTF8.GetString(line).TrimEnd()}");
}
