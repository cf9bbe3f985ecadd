using System.CommandLine;
using Nexo.Cli.Bench.Queues;
using Nexo.Cli.Bench.Streams;
using Nexo.Cli.Bench.Topics;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench;

/// <summary><c>nexo bench</c>: load for a server, and what it makes of it.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var command = new Command("bench", "Put load on a server and measure it")
        {
            StoreBenchCommand.Create(), QueueBenchCommand.Create(), TopicBenchCommand.Create(),
            StreamBenchCommand.Create(),
        };
        return command.WithExamples(
            ("GET at full speed", "nexo bench store --op get --clients 50 --pipeline 64"),
            ("Messages, confirmed when they are on disk", "nexo bench queue --durability fsync"),
            ("One publisher, a hundred subscribers", "nexo bench pubsub --subscribers 100"),
            ("Records appended, read back and followed", "nexo bench stream --size 1024 --window 1024"));
    }
}
