using System.Buffers.Text;
using System.Text;
using Nexo.Server.Observability;

namespace Nexo.Server.Resp;

// Which of its commands are slow.
internal sealed partial class RespConnection
{
    private const int WordsShown = 2;

    /// <summary>
    /// The name of the first command, which its client has sent as an array, and the first word of one of which that is a key or a
    /// channel: of others it may be a secret. Else the last command.
    /// </summary>
    protected override SlowSubject DescribeBatch(ReadOnlySpan<byte> received)
    {
        List<string> words = [];
        if (TryTakeLength(ref received, (byte)'*', out _))
        {
            while (words.Count < WordsShown && TryTakeLength(ref received, (byte)'$', out int length))
            {
                words.Add(SlowLog.Shown(received[..Math.Min(length, received.Length)]));
                received = received.Length > length + 2 ? received[(length + 2)..] : default;
            }
        }

        return words.Count == 0 || RespCommands.Find(Encoding.UTF8.GetBytes(words[0])) is not { } command
            ? new SlowSubject(LastCommand, string.Empty)
            : new SlowSubject(command.Name, words.Count > 1 && ShowsWord(command) ? words[1] : string.Empty);
    }

    internal override SlowSubject DescribeReplies(ReadOnlySpan<byte> replies) => new(LastCommand, string.Empty);

    private static bool ShowsWord(RespCommand command) =>
        (command.Need.Reach == RespReach.Keys && command.FirstKey == 1)
        || command.Need.Reach is RespReach.KeyPattern
            or RespReach.Channels
            or RespReach.ChannelPatterns
            or RespReach.PublishedChannel
            or RespReach.ShardChannels
            or RespReach.PublishedShard;

    private static bool TryTakeLength(ref ReadOnlySpan<byte> bytes, byte sign, out int length)
    {
        length = 0;
        if (bytes.IsEmpty || bytes[0] != sign || !Utf8Parser.TryParse(bytes[1..], out length, out int used) || length < 0)
        {
            return false;
        }

        bytes = bytes.Length > used + 3 ? bytes[(used + 3)..] : default;
        return true;
    }
}
