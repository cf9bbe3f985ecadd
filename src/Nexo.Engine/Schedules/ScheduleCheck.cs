using System.Buffers;
using System.Text;

namespace Nexo.Engine.Schedules;

/// <summary>Whether the parts of a schedule keep to the limits.</summary>
internal static class ScheduleCheck
{
    /// <summary>The first thing that is wrong, but for expression and time zone.</summary>
    public static ScheduleStatus Find(in ScheduleSpec spec, ScheduleLimits limits)
    {
        if (!IsName(spec.Name, limits.NameBytesMax))
        {
            return ScheduleStatus.NameInvalid;
        }

        if (!IsName(spec.Queue, limits.QueueBytesMax))
        {
            return ScheduleStatus.QueueInvalid;
        }

        if (spec.Priority < 0 || spec.Priority > limits.PriorityMax)
        {
            return ScheduleStatus.PriorityOutOfRange;
        }

        if (spec.TtlMs < 0 || spec.TtlMs > limits.TtlMsMax)
        {
            return ScheduleStatus.TtlOutOfRange;
        }

        if (spec.Group.Length > limits.GroupBytesMax)
        {
            return ScheduleStatus.GroupInvalid;
        }

        return spec.Headers.Length > limits.HeaderBytesMax || spec.Body.Length > limits.BodyBytesMax
            ? ScheduleStatus.MessageTooLarge
            : ScheduleStatus.Ok;
    }

    private static bool IsName(ReadOnlySpan<byte> name, int bytesMax)
    {
        if (name.IsEmpty || name.Length > bytesMax)
        {
            return false;
        }

        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(name, out Rune rune, out int bytes) != OperationStatus.Done || Rune.IsControl(rune))
            {
                return false;
            }

            name = name[bytes..];
        }

        return true;
    }
}
