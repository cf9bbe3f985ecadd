using System.Net;
using Nexo.Cli.Bench;
using Nexo.Cli.Bench.Topics;
using Nexo.Protocol;

namespace Nexo.Bench.Compare.Topics;

/// <summary>A server with topics.</summary>
internal sealed class TopicContender(
    string name,
    string scheme,
    Func<HelloReply, TopicDialect> dialect,
    Func<int, string, IReadOnlyList<string>> commandLine) : Contender(name)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Null: it may be used when its port is open.</summary>
    public string? Ready { get; init; }

    /// <summary>Whether it is ours: then a run that is not exact ends the comparison.</summary>
    public bool IsNexo { get; init; }

    public override string? ReadyText => Ready;

    public override IReadOnlyList<string> CommandLine(int port, string folder) => commandLine(port, folder);

    /// <summary>How to connect to its server.</summary>
    public BenchConnector Connector(int port) => new(
        new BenchTarget
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, port)],
            Hello = new HelloRequest { ClientName = "compare" },
            Name = Name,
            Scheme = scheme,
        },
        Timeout);

    /// <summary>What its server speaks.</summary>
    public TopicDialect Dialect(BenchConnector connector)
    {
        connector.Connect(out HelloReply server).Dispose();
        return dialect(server);
    }

    /// <summary>Connects all of a work.</summary>
    public TopicLoad NewLoad(TopicWork work, int port, TimeSpan silenceMax)
    {
        BenchConnector connector = Connector(port);
        return new TopicLoad(work, Dialect(connector), () => connector.Connect(out _), silenceMax);
    }
}
