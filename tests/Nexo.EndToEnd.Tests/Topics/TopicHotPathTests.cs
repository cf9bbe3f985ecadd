using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>A message goes from its publisher to its subscribers without allocating anything.</summary>
public sealed class TopicHotPathTests
{
    // What goes to all must fit the pipe.
    private const int Messages = 16;
    private const int Windows = 5;
    private const int Rounds = 200;

    [Theory]
    [InlineData(1, FrameKind.Notice, "a/b")]
    [InlineData(1, FrameKind.Request, "a/b")]
    [InlineData(20, FrameKind.Notice, "a/b")]
    [InlineData(20, FrameKind.Notice, "a/+")]
    public async Task A_message_costs_no_allocation(uint subscriptions, FrameKind kind, string filter)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using var pipes = new InlinePipes(server.Native);
        await pipes.GreetAsync();
        byte[] answers = new byte[1_024 * 1_024];
        byte[] subscribe = Encode(buffer =>
        {
            for (uint i = 0; i < subscriptions; i++)
            {
                buffer.Begin(Opcode.TopicSubscribe, FrameKind.Request, 1_000 + i);
                TopicPeer.Subscribe(buffer, CreditNotice.CreditsMax, [filter]);
                buffer.End();
            }
        });
        Assert.InRange(pipes.Exchange(subscribe, answers), 1, answers.Length);
        byte[] publishes = Encode(buffer =>
        {
            for (uint i = 0; i < Messages; i++)
            {
                TopicPeer.Publish(buffer, kind, i, "a/b", new byte[64]);
            }
        });
        byte[] credits = Encode(buffer =>
        {
            for (uint i = 0; i < subscriptions; i++)
            {
                new CreditNotice(Messages).WriteFrame(buffer, 1_000 + i);
            }
        });
        int expected = pipes.Exchange(publishes, answers);
        Assert.InRange(expected, (int)subscriptions * Messages * 64, answers.Length);

        // The best of several: what happens once, somewhere in the process, is no message's.
        long least = long.MaxValue;
        for (int window = 0; window < Windows; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Rounds; i++)
            {
                pipes.Exchange(credits, answers);
                Assert.True(pipes.Exchange(publishes, answers) == expected);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.Equal(0, server.Native.Topics.Stats.Dropped);
    }

    private static byte[] Encode(Action<FrameBuffer> write)
    {
        using var buffer = new FrameBuffer();
        write(buffer);
        return buffer.Written.ToArray();
    }
}
