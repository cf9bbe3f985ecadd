using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Server;

namespace Nexo.EndToEnd.Tests.Streams;

// Alone: a collection that other tests cause empties the array pool that the pipes of this one rent from.
[Collection(nameof(MemoryTests))]
public sealed class StreamHotPathTests
{
    private const int Requests = 16;
    private const int Rounds = 300;
    private const int Windows = 5;

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public async Task An_append_costs_no_allocation_for_its_records(int batch)
    {
        // However late the log's writer is: a connection that is held for it would not answer at once. On a real disk: a simulated one
        // allocates what is written to it.
        DirectoryInfo directory = Directory.CreateTempSubdirectory("nexo-streams-");
        await using TestServer server = await TestServer.StartAsync(options => options with
        {
            DataDirectory = directory.FullName,
            Storage = new StorageOptions { PendingBytesMax = 1_024 * 1_024 * 1_024 },
        });
        using (RawPeer admin = await RawPeer.GreetAsync(server))
        {
            await admin.CreateAsync("s", (StreamOptionTag.Durability, (ulong)Durability.Interval));
        }

        await using var pipes = new InlinePipes(server.Native);
        await pipes.GreetAsync();
        byte[] answers = new byte[64 * 1_024];
        using var buffer = new FrameBuffer();
        for (uint i = 0; i < Requests; i++)
        {
            Write(buffer, i, batch);
        }

        byte[] appends = buffer.Written.ToArray();
        for (int i = 0; i < Rounds; i++)
        {
            AssertAppended(pipes.Exchange(appends, answers));
        }

        // The best of several. What is made for many appends at once, such as a buffer for a file, is none's.
        long least = long.MaxValue;
        for (int window = 0; window < Windows; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Rounds; i++)
            {
                AssertAppended(pipes.Exchange(appends, answers));
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        await server.StopAsync();
        directory.Delete(recursive: true);
        Assert.True(least < Requests * Rounds, $"{least} bytes for {Requests * Rounds} appends");
    }

    private static void Write(FrameBuffer buffer, uint correlation, int batch)
    {
        string value = new('x', 64);
        if (batch == 1)
        {
            StreamPeer.Append(buffer, correlation, "s", value);
            return;
        }

        buffer.Begin(Opcode.StreamAppendBatch, FrameKind.Request, correlation);
        StreamPeer.Batch(buffer, "s", [.. Enumerable.Repeat(new New(value), batch)]);
        buffer.End();
    }

    // A reply is outcome, offset, key version and time.
    private static void AssertAppended(int bytes) => Assert.True(bytes == Requests * (FrameHeader.Size + 25));
}
