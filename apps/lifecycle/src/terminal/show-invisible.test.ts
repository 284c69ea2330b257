import { describe, expect, test } from 'vitest';
import { renderUsers } from '../users/render-users.ts';
import { showInvisible, toVisibleJson } from './show-invisible.ts';

const HOSTILE = 'a\u001b[2J\u009b1m\u202eb\n\u{e0041}';

describe('text from elsewhere on a terminal', () => {
  test('keeps what can be seen, and spells out the rest', () => {
    expect(showInvisible('żółw@example.com 🐢')).toBe('żółw@example.com 🐢');
    expect(showInvisible(HOSTILE)).toBe('a\\u{1b}[2J\\u{9b}1m\\u{202e}b\\u{a}\\u{e0041}');
  });

  test('as JSON is read as it was', () => {
    const text = toVisibleJson([{ name: HOSTILE }]);

    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    expect(JSON.parse(text)).toEqual([{ name: HOSTILE }]);
  });

  test('a list of users steers nothing', () => {
    const user = {
      username: HOSTILE,
      is_active: true,
      is_staff: false,
      email: null,
      create_time: 0,
      last_login_time: null,
    };
    expect(renderUsers([user]).split('\n')[1]).toMatch(/^a\\u\{1b\}\[2J.* {3}active {3}no {6}never$/);
  });
});
