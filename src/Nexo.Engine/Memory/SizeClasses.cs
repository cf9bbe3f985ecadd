using System.Numerics;

namespace Nexo.Engine.Memory;

/// <summary>
/// Slot sizes in granules of 16 bytes: 1, 2, … 8, then eight steps per doubling (9 … 16, 18 … 32, 36 … 64, …), so
/// that at most an eighth of a slot is lost to rounding.
/// </summary>
internal static class SizeClasses
{
    public const int GranuleBytes = 16;
    public const int Count = 80;

    private const int StepsPerDoubling = 8;

    public static int Granules(int bytes) => (int)(((uint)bytes + GranuleBytes - 1) / GranuleBytes);

    public static int ClassOf(int granules)
    {
        if (granules <= StepsPerDoubling)
        {
            return granules - 1;
        }

        int doubling = BitOperations.Log2((uint)granules - 1) - 3;
        int steps = (granules + (1 << doubling) - 1) >> doubling;
        return StepsPerDoubling + (doubling * StepsPerDoubling) + steps - (StepsPerDoubling + 1);
    }

    public static int GranulesOf(int sizeClass)
    {
        if (sizeClass < StepsPerDoubling)
        {
            return sizeClass + 1;
        }

        int beyond = sizeClass - StepsPerDoubling;
        return (StepsPerDoubling + 1 + (beyond % StepsPerDoubling)) << (beyond / StepsPerDoubling);
    }
}
