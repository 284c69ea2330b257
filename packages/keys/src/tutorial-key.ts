/**
 * The signing key that the tutorials of Racetrack publish. Everybody knows it, so it is good for nothing but them:
 * their token for `admin` is signed with it.
 */
export const TUTORIAL_AUTH_KEY = 'QaPU2UW8r7KXfRtLJVCKahCK93TKhVB5';
